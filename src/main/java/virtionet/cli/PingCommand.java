package virtionet.cli;

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
import virtionet.tcpip.TcpIp;

/** Pings an address through the driver. */
@Command(
    name = "ping",
    description = "Pings an address through QEMU's network device and the driver.")
final class PingCommand implements Callable<Integer> {
  @Mixin private MachineMixin qemu = new MachineMixin();

  @Mixin private PcapMixin pcap = new PcapMixin();

  @Mixin private RecordMixin record = new RecordMixin();

  @Mixin private MetricsMixin metrics = new MetricsMixin();

  @Mixin private OtlpMixin otlp = new OtlpMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "ADDRESS",
      converter = Ipv4Literal.class,
      description = "IPv4 address; 10.0.2.2 is the gateway of QEMU's user network.")
  private Ipv4Address address = Ipv4Address.ANY;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "5",
      converter = Count.class,
      description = "Echo requests to send (default: ${DEFAULT-VALUE}).")
  private int count;

  @Override
  public Integer call() throws InterruptedException {
    qemu.check();
    var screen = new Screen(spec.commandLine());
    try (var _ = record.start();
        var spans = otlp.start();
        var session = DriverSession.open(qemu, pcap.start(), metrics.start(), spans)) {
      DeviceHandle device = session.device();
      try (TcpIp stack = session.stack(device)) {
        Lease lease = DriverSession.await(stack.dhcp());
        screen.line(
            "ping %s from %s (%s), %d bytes of data",
            address, lease.address(), device.info().mac(), PingSeries.DATA.length());
        var pings = new PingSeries(screen, "");
        int received = pings.run(stack, address, count);
        return (received == count ? ExitCode.DONE : ExitCode.FAILED).number();
      }
    }
  }
}
