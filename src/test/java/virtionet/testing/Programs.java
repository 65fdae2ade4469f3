package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Programs that tell what is there independently of the code under test. */
public final class Programs {
  private static final long LIMIT_SECONDS = 60;

  private Programs() {}

  /** Skips the test where the program is not installed. */
  public static void need(String program) {
    String path = String.valueOf(System.getenv("PATH"));
    assumeTrue(
        Arrays.stream(path.split(Pattern.quote(File.pathSeparator), -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program))),
        program + " is not installed");
  }

  /** Runs a program and returns what it prints. */
  public static String run(Path folder, String... command)
      throws IOException, InterruptedException {
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
}
