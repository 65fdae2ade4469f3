package virtionet.cli;

import java.net.Inet4Address;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Pings an address through the driver. */
@Command(
    name = "ping",
    description = "Pings an address through QEMU's network device and the driver.")
final class PingCommand implements Callable<Integer> {
  @Mixin private QemuMixin qemu = new QemuMixin();

  @Parameters(
      paramLabel = "ADDRESS",
      converter = Ipv4Literal.class,
      description = "IPv4 address; 10.0.2.2 is the gateway of QEMU's user network.")
  private @Nullable Inet4Address address;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "5",
      converter = Count.class,
      description = "Echo requests to send (default: ${DEFAULT-VALUE}).")
  private int count;

  @Override
  public Integer call() {
    throw new UnsupportedOperationException(
        "%d pings of %s on %s are not there yet".formatted(count, address, qemu.architecture()));
  }
}
