package virtionet.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the devices of a device tree. */
@Command(
    name = "probe",
    description = "Lists the virtio devices of a device tree: of QEMU's machine, or of a file.")
final class ProbeCommand implements Callable<Integer> {
  @Mixin private QemuMixin qemu = new QemuMixin();

  @Option(
      names = "--dtb",
      paramLabel = "FILE",
      description = "Flattened device tree to read instead; no QEMU is started.")
  private @Nullable Path dtb;

  @Override
  public Integer call() {
    throw new UnsupportedOperationException(
        "probe of %s is not there yet".formatted(dtb != null ? dtb : qemu.architecture()));
  }
}
