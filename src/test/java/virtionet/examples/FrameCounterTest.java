package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** Runs the first example of docs/examples.md as a reader would. */
@RequiresQemu
class FrameCounterTest {
  private static final Pattern LINE = Pattern.compile("(\\d+): (\\d+) bytes");

  @Test
  void eachFrameIsToldWithItsNumberAndLength(@TempDir Path folder) throws Exception {
    try (var wire = new Wire();
        var counter =
            RunningExample.start(
                folder, FrameCounter.class, Variant.RISCV64_MODERN.options(wire))) {
      Patience.until(
          "the driver is up: it receives a frame",
          () -> {
            send(wire, TestBytes.frame(0, 60));
            return counter.hasPrinted();
          });
      wire.send(TestBytes.frame(0, 100));
      int number = 0;
      int bytes = 60;
      while (bytes == 60) {
        var line = LINE.matcher(counter.line());
        assertEquals(true, line.matches(), line::toString);
        assertEquals(++number, Integer.parseInt(line.group(1)));
        bytes = Integer.parseInt(line.group(2));
      }
      assertEquals(100, bytes);
      for (int length = 101; length < 150; length++) {
        wire.send(TestBytes.frame(0, length));
        assertEquals("%d: %d bytes".formatted(++number, length), counter.line());
      }
    }
  }

  private static void send(Wire wire, byte[] frame) {
    try {
      wire.send(frame);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
