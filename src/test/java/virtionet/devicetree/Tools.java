package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Programs that tell what is in a blob independently of the code under test. */
public final class Tools {
  private static final long LIMIT_SECONDS = 60;

  private Tools() {}

  /** Skips the test where the program is not installed. */
  static void need(String program) {
    String path = String.valueOf(System.getenv("PATH"));
    assumeTrue(
        Arrays.stream(path.split(Pattern.quote(File.pathSeparator), -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program))),
        program + " is not installed");
  }

  /** Runs a program and returns what it prints. */
  static String run(Path folder, String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), command[0] + " does not end");
      assertEquals(0, process.exitValue(), () -> command[0] + ": " + text(errors));
      return Files.readString(output);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The blob that QEMU makes for a machine such as {@code virt,gic-version=3}. */
  public static Path qemuBlob(Path folder, String arch, String machine)
      throws IOException, InterruptedException {
    String program = "qemu-system-" + arch;
    need(program);
    Path blob = folder.resolve(arch + "-" + machine.replaceAll("[^a-z0-9]", "-") + ".dtb");
    if (!Files.exists(blob)) {
      run(folder, program, "-machine", machine + ",dumpdtb=" + blob, "-nodefaults", "-nographic");
    }
    return blob;
  }

  /** Cuts off the free space at the end, of which QEMU leaves up to a MiB. */
  static byte[] trimmed(byte[] blob) {
    ByteBuffer words = ByteBuffer.wrap(blob);
    int end =
        Math.max(
            words.getInt(FdtHeader.STRINGS_OFFSET) + words.getInt(FdtHeader.STRINGS_SIZE),
            words.getInt(FdtHeader.STRUCT_OFFSET) + words.getInt(FdtHeader.STRUCT_SIZE));
    byte[] cut = Arrays.copyOf(blob, end);
    ByteBuffer.wrap(cut).putInt(FdtHeader.TOTAL_SIZE, end);
    return cut;
  }

  /** The command with these arguments behind it. */
  static String[] command(List<String> arguments, String... first) {
    List<String> command = new ArrayList<>(List.of(first));
    command.addAll(arguments);
    return command.toArray(String[]::new);
  }
}
