package virtionet.machine.qemu;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import virtionet.machine.MachineUnavailableException;

/**
 * A QEMU program that was looked at.
 *
 * @param path where it is
 * @param version such as {@code 7.2.22}
 */
record QemuBinary(Path path, String version) {
  /** The first with {@code dumpdtb} over QMP and with {@code -netdev dgram}. */
  private static final int OLDEST = version(7, 2);

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LONGEST_ANSWER = 1 << 16;

  /** A machine without anything starts at once, and tells the same about the program. */
  private static final List<String> ARGUMENTS =
      List.of(
          "-machine",
          "none",
          "-nodefaults",
          "-no-user-config",
          "-display",
          "none",
          "-qmp",
          "stdio");

  private static final String QUESTIONS =
      """
      {"execute": "qmp_capabilities"}
      {"execute": "query-target"}
      {"execute": "quit"}
      """;

  /**
   * Finds the program that the options name or, without one, the architecture's on the PATH.
   *
   * @throws MachineUnavailableException when there is none, or none that serves
   */
  static QemuBinary find(QemuOptions options) {
    QemuArchitecture architecture = options.architecture();
    Path path = options.binary().orElseGet(() -> onPath(architecture));
    if (!Files.isExecutable(path) || Files.isDirectory(path)) {
      throw new MachineUnavailableException(
          "%s is no program that can be run: name a %s, or none to have it looked for on the PATH"
              .formatted(path, architecture.binary()));
    }
    List<Map<String, Object>> answers = ask(path);
    int major = number(answers, "QMP", "version", "qemu", "major");
    int minor = number(answers, "QMP", "version", "qemu", "minor");
    Object target = find(answers, "return", "arch").orElse("");
    if (major < 0 || minor < 0 || target.equals("")) {
      throw new MachineUnavailableException(
          "%s is not QEMU, since it does not speak QEMU's machine protocol: name a %s"
              .formatted(path, architecture.binary()));
    }
    if (version(major, minor) < OLDEST) {
      throw new MachineUnavailableException(
          "%s is QEMU %d.%d: the driver needs 7.2 or newer".formatted(path, major, minor));
    }
    if (!target.equals(architecture.toString())) {
      throw new MachineUnavailableException(
          "%s is a QEMU for %s, not for %s: name a %s"
              .formatted(path, target, architecture, architecture.binary()));
    }
    int micro = number(answers, "QMP", "version", "qemu", "micro");
    return new QemuBinary(path, "%d.%d.%d".formatted(major, minor, micro));
  }

  private static int version(int major, int minor) {
    return major << 16 | minor;
  }

  private static Path onPath(QemuArchitecture architecture) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator, -1))
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

  private static int number(List<Map<String, Object>> answers, String... path) {
    return find(answers, path)
        .map(value -> value instanceof Integer number ? number : -1)
        .orElse(-1);
  }

  /** The first value on this path of member names. */
  private static Optional<Object> find(List<Map<String, Object>> answers, String... path) {
    for (Map<String, Object> answer : answers) {
      @Nullable Object value = answer;
      for (String name : path) {
        value = value instanceof Map<?, ?> map ? map.get(name) : null;
      }
      if (value != null) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /** What the program says that is JSON; nothing when it is something else than QEMU. */
  private static List<Map<String, Object>> ask(Path path) {
    List<String> command = new ArrayList<>(ARGUMENTS);
    command.addFirst(path.toString());
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        try (var questions = process.outputWriter(StandardCharsets.US_ASCII)) {
          questions.write(QUESTIONS);
        } catch (IOException e) {
          // It ended without reading: what it said tells what it is.
          return List.of();
        }
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
          return List.of();
        }
        return parse(process.getInputStream().readNBytes(LONGEST_ANSWER));
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

  private static List<Map<String, Object>> parse(byte[] answers) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (String line : new String(answers, StandardCharsets.UTF_8).lines().toList()) {
      try {
        messages.add(JSON.std.mapFrom(line));
      } catch (IOException e) {
        return List.of();
      }
    }
    return messages;
  }
}
