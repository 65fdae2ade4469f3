package virtionet.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Brings a device up and shows each step. */
@Command(
    name = "demo",
    description =
        "Starts QEMU, brings its network device up, and lets a TCP/IP flow talk through it: "
            + "lease, pings, datagrams checked byte by byte.")
final class DemoCommand implements Callable<Integer> {
  @Mixin private QemuMixin qemu = new QemuMixin();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10000",
      converter = Count.class,
      description = "UDP datagrams to send and check (default: ${DEFAULT-VALUE}).")
  private int count;

  @Override
  public Integer call() {
    throw new UnsupportedOperationException(
        "demo of %d datagrams on %s is not there yet".formatted(count, qemu.architecture()));
  }
}
