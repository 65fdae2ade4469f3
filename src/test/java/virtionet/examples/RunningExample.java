package virtionet.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import virtionet.machine.qemu.QemuOptions;
import virtionet.testing.ChildJvm;

/** Starts an example on a QEMU of its own. */
final class RunningExample {
  private RunningExample() {}

  /** As a user does who gives QEMU's network in a configuration of his own. */
  static ChildJvm start(Path folder, Class<?> example, QemuOptions options) throws IOException {
    Path configuration = folder.resolve("example.conf");
    Files.writeString(
        configuration,
        """
        include "application"
        virtionet.machine.qemu {
          binary = "%s"
          netdev = %s
          device = %s
        }
        """
            .formatted(
                options.binary().map(Path::toString).orElse(""),
                list(options.netdevs()),
                list(options.devices())));
    return ChildJvm.start(
        example, List.of("virtionet-cli.log.level=WARN", "config.file=" + configuration));
  }

  private static String list(List<String> words) {
    return words.stream().map("\"%s\""::formatted).collect(Collectors.joining(", ", "[", "]"));
  }
}
