package virtionet.cli;

import akka.util.ByteString;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import virtionet.driver.DeviceHandle;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Lease;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpException;

/** Pings an address through the driver. */
@Command(
    name = "ping",
    description = "Pings an address through QEMU's network device and the driver.")
final class PingCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final ByteString DATA = ByteString.fromString("virtionet".repeat(6));

  @Mixin private QemuMixin qemu = new QemuMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "ADDRESS",
      converter = Ipv4Literal.class,
      description = "IPv4 address; 10.0.2.2 is the gateway of QEMU's user network.")
  private Inet4Address address = Inet4Address.ofLiteral("0.0.0.0");

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "5",
      converter = Count.class,
      description = "Echo requests to send (default: ${DEFAULT-VALUE}).")
  private int count;

  @Override
  public Integer call() throws InterruptedException {
    var screen = new Screen(spec.commandLine());
    Ipv4Address target = Ipv4Address.parse(address.getHostAddress());
    int answered = 0;
    try (var session = DriverSession.open(qemu)) {
      DeviceHandle device = session.device();
      try (TcpIp stack = session.stack(device)) {
        Lease lease = DriverSession.await(stack.dhcp());
        screen.line(
            "ping %s from %s (%s), %d bytes of data",
            target, lease.address(), device.info().mac(), DATA.length());
        for (int i = 0; i < count; i++) {
          answered += ping(screen, stack, target) ? 1 : 0;
        }
      }
    }
    screen.line("%d sent, %d answered", count, answered);
    return (answered == count ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private static boolean ping(Screen screen, TcpIp stack, Ipv4Address target)
      throws InterruptedException {
    try {
      PingReply reply = DriverSession.await(stack.ping(target, DATA, TIMEOUT));
      screen.line(
          "%d bytes from %s: seq %d, ttl %d, %.2f ms",
          reply.payload().length(),
          reply.from(),
          reply.sequence(),
          reply.ttl(),
          reply.roundTrip().toNanos() / 1e6);
      return true;
    } catch (TcpIpException e) {
      screen.line("no answer: %s", Failures.sentence(e));
      return false;
    }
  }
}
