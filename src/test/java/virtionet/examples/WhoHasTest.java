package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Programs;
import virtionet.testing.RequiresQemu;

/** Runs the README's example as a reader would: in a JVM of its own, to its end. */
@RequiresQemu
class WhoHasTest {

  @Test
  void theReadmesExampleGetsItsAnswerAndEnds(@TempDir Path folder)
      throws IOException, InterruptedException {
    String said =
        Programs.run(
            folder,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dvirtionet-cli.log.level=ERROR",
            "-cp",
            System.getProperty("java.class.path"),
            WhoHas.class.getName());
    assertEquals("10.0.2.2 is at 52:55:0a:00:02:02\n", said);
  }
}
