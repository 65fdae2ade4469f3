package virtionet.cli;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import virtionet.driver.DeviceHandle;
import virtionet.driver.ScanReport;
import virtionet.net.Counter;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Lease;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpException;

/** From an empty slot table to a datagram that came back, each step shown. */
final class Demo {
  private static final int PINGS = 5;
  private static final double[] PERCENTILES = {50, 90, 99, 99.9};

  private final Screen screen;
  private final String opening;
  private final Supplier<DriverSession> opener;
  private final int count;
  private final Optional<EchoPeer> peer;
  private final boolean recovers;

  /**
   * @param opening what is being done while the session is opened
   * @param peer the echo server to use; empty: one of the demo's own, which the host of QEMU's user
   *     network is asked for at the gateway's address
   * @param recovers whether the session's device may be lost and come back in the midst of it
   */
  Demo(
      Screen screen,
      String opening,
      Supplier<DriverSession> opener,
      int count,
      Optional<EchoPeer> peer,
      boolean recovers) {
    this.screen = screen;
    this.opening = opening;
    this.opener = opener;
    this.count = count;
    this.peer = peer;
    this.recovers = recovers;
  }

  /** What is said at the end. */
  record Result(boolean passed, String lastLine) {}

  Result run() throws InterruptedException {
    screen.line("%s", opening);
    try (var session = opener.get()) {
      ScanReport scan = session.scan();
      screen.line("%s runs", scan.machine());
      boolean hasTree = scan.slots().stream().anyMatch(line -> line.slot().size() > 0);
      screen.heading(hasTree ? "Slots of the device tree (virtio,mmio)" : "Back-end");
      DeviceReports.slots(screen, scan.slots());

      DeviceHandle device = session.device();
      screen.heading("Features");
      DeviceReports.features(screen, device.info().features());
      screen.heading("Device " + device.info().name());
      DeviceReports.device(screen, device.info(), device.links().link());

      if (recovers) {
        device.events().subscribe(new SaidOutages(screen));
      }
      Result result = talk(session, device);
      screen.heading("Counters of the device's two queues");
      DeviceReports.counters(screen, device.counters());
      return result;
    }
  }

  private Result talk(DriverSession session, DeviceHandle device) throws InterruptedException {
    try (TcpIp stack = session.stack(device)) {
      Lease lease = DriverSession.await(stack.dhcp());
      Ipv4Address gateway =
          lease
              .face()
              .gateway()
              .orElseThrow(() -> new TcpIpException("the lease names no gateway to ping"));
      screen.heading("DHCP");
      showLease(lease, gateway);
      screen.heading("Ping " + gateway);
      int answered = new PingSeries(screen, "  ").run(stack, gateway, PINGS);
      var trial = new DatagramTrial(count, recovers);
      screen.heading("UDP echo");
      String complaint = echo(session, stack, gateway, trial);
      String summary =
          "lease %s, %d/%d pings, %d/%d datagrams"
              .formatted(lease.address(), answered, PINGS, trial.good(), count);
      if (recovers) {
        long aborted = device.counters().getOrDefault(Counter.TRANSMIT_ABORTED, 0L);
        screen.line(
            "  %,d sent again; the driver has reported %,d frames as aborted",
            trial.sentAgain(), aborted);
      }
      boolean passed = answered == PINGS && complaint.isEmpty();
      return new Result(
          passed,
          passed
              ? "demo passed: " + summary
              : "demo failed: " + summary + (complaint.isEmpty() ? "" : ": " + complaint));
    }
  }

  private void showLease(Lease lease, Ipv4Address gateway) {
    screen.line("  address  %s/%d", lease.address(), lease.face().prefixLength());
    screen.line("  server   %s", lease.server());
    screen.line("  gateway  %s", gateway);
    screen.line(
        "  DNS      %s",
        lease.face().dns().isEmpty()
            ? "none"
            : lease.face().dns().stream()
                .map(Ipv4Address::toString)
                .collect(Collectors.joining(", ")));
    screen.line(
        "  lease    %s",
        lease.isForever() ? "for ever" : "%,d s".formatted(lease.duration().toSeconds()));
  }

  /** What went wrong, or nothing. */
  private String echo(DriverSession session, TcpIp stack, Ipv4Address host, DatagramTrial trial)
      throws InterruptedException {
    var progress = new Progress(screen, "datagrams checked", count);
    try {
      if (peer.isPresent()) {
        EchoPeer named = peer.get();
        screen.line("  %,d datagrams of mixed sizes to %s", count, named);
        trial.run(session.system(), stack, named.address(), named.port(), progress);
      } else {
        try (var server = new EchoServer(0)) {
          screen.line(
              "  %,d datagrams of mixed sizes to the host's loopback, port %d, which is %s from"
                  + " here",
              count, server.port(), host);
          trial.run(session.system(), stack, host, server.port(), progress);
        }
      }
    } catch (ExecutionException | TimeoutException e) {
      return "the socket failed: " + Failures.sentence(e);
    }
    double seconds = trial.seconds();
    screen.line(
        "  %,d of %,d came back whole: %,d bytes in %.2f s, %,.0f datagrams/s, %.1f Mbit/s each"
            + " way",
        trial.good(),
        count,
        trial.bytes(),
        seconds,
        trial.good() / seconds,
        8 * trial.bytes() / seconds / 1e6);
    showPercentiles(trial);
    return trial.complaint();
  }

  private void showPercentiles(DatagramTrial trial) {
    Histogram micros = trial.micros();
    var line = new StringBuilder("  round trip with %d on the way:".formatted(trial.window()));
    for (double percentile : PERCENTILES) {
      line.append(
          " p%s %.2f ms,"
              .formatted(
                  percentile % 1 == 0
                      ? Long.toString((long) percentile)
                      : Double.toString(percentile),
                  micros.getValueAtPercentile(percentile) / 1e3));
    }
    screen.line("%s max %.2f ms", line, micros.getMaxValue() / 1e3);
  }
}
