package virtionet.machine.qemu;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import virtionet.machine.MachineUnavailableException;

/**
 * A QEMU program that was looked at.
 *
 * @param path where it is
 * @param version as it says itself, such as {@code 7.2.22}
 */
record QemuBinary(Path path, String version) {
  /** The first with {@code dumpdtb} over QMP and with {@code -netdev dgram}. */
  private static final int OLDEST_MAJOR = 7;

  private static final int OLDEST_MINOR = 2;
  private static final Pattern VERSION =
      Pattern.compile("QEMU emulator version ((\\d+)\\.(\\d+)[.\\d]*)");
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * Finds the program that the options name or, without one, the architecture's on the PATH.
   *
   * @throws MachineUnavailableException when there is none, or none that serves
   */
  static QemuBinary find(QemuOptions options) {
    Path path = options.binary().orElseGet(() -> onPath(options.architecture()));
    if (!Files.isExecutable(path) || Files.isDirectory(path)) {
      throw new MachineUnavailableException(
          "%s is no program that can be run: name a %s, or none to have it looked for on the PATH"
              .formatted(path, options.architecture().binary()));
    }
    String words = firstWords(path);
    Matcher version = VERSION.matcher(words);
    if (!version.find()) {
      throw new MachineUnavailableException(
          "%s is not QEMU: to --version it says '%s'".formatted(path, words));
    }
    int major = Integer.parseInt(version.group(2));
    int minor = Integer.parseInt(version.group(3));
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
      throw new MachineUnavailableException(
          "%s is QEMU %s: the driver needs %d.%d or newer"
              .formatted(path, version.group(1), OLDEST_MAJOR, OLDEST_MINOR));
    }
    return new QemuBinary(path, version.group(1));
  }

  private static Path onPath(QemuArchitecture architecture) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isBlank())
        .map(folder -> Path.of(folder, architecture.binary()))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new MachineUnavailableException(
                    "there is no %s on the PATH: install it (Debian package %s), or name one"
                        .formatted(architecture.binary(), architecture.debianPackage())));
  }

  private static String firstWords(Path path) {
    try {
      Process process =
          new ProcessBuilder(path.toString(), "--version")
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .start();
      try {
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new MachineUnavailableException(
              "%s does not answer to --version within %d s: it is not QEMU"
                  .formatted(path, PATIENCE.toSeconds()));
        }
        return new String(process.getInputStream().readNBytes(200), StandardCharsets.UTF_8).strip();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new MachineUnavailableException(path + " cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MachineUnavailableException("interrupted while " + path + " was looked at", e);
    }
  }
}
