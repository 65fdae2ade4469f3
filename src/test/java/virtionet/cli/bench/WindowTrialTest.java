package virtionet.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The frames of a measurement, against a reflector that does what a test wants. */
class WindowTrialTest {
  private static final byte[] MAC = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);

  @Test
  void eachFrameThatComesBackWholeCounts() throws Exception {
    WindowTrial.Result result = run(1500, frame -> frame);
    assertTrue(result.frames() > 0, result.toString());
    assertEquals(0, result.lost());
    assertEquals(0, result.changed());
  }

  @Test
  void aFrameWhoseSuccessorCameFirstIsLostAndGivesItsPlaceInTheWindowFree() throws Exception {
    var number = new AtomicInteger();
    WindowTrial.Result result =
        run(64, frame -> number.incrementAndGet() % 10 == 0 ? new byte[0] : frame);
    assertTrue(result.lost() > 0, result.toString());
    assertTrue(result.frames() > 8 * result.lost(), result.toString());
    assertEquals(0, result.changed());
  }

  @Test
  void aFrameWithOneOtherBitOrByteLessIsChanged() throws Exception {
    var number = new AtomicInteger();
    WindowTrial.Result result =
        run(
            64,
            frame -> {
              if (number.incrementAndGet() % 2 == 0) {
                frame[63] ^= 1;
                return frame;
              }
              return Arrays.copyOf(frame, 63);
            });
    assertEquals(0, result.frames());
    assertTrue(result.changed() > 0, result.toString());
  }

  @Test
  void whereNobodyReflectsTheProbeEnds() throws Exception {
    try (var end = FarEnd.open();
        var _ = new Reflector(end.netdev(), frame -> new byte[0])) {
      end.qemuRuns();
      assertFalse(new WindowTrial(end, 64, MAC, 8).probe(SHORT));
    }
  }

  private static WindowTrial.Result run(int size, UnaryOperator<byte[]> treatment)
      throws Exception {
    try (var end = FarEnd.open();
        var _ = new Reflector(end.netdev(), treatment)) {
      end.qemuRuns();
      var trial = new WindowTrial(end, size, MAC, 32);
      assertTrue(trial.probe(PATIENCE));
      return trial.run(Duration.ofMillis(1), SHORT);
    }
  }
}
