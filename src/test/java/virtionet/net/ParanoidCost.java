package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import virtionet.testing.ModelSettings;

/**
 * What it costs to keep frames out of the device's reach. No test, and run only by name: see
 * docs/performance.md. The driver's share alone is timed, on a device model in the same JVM: what
 * the model does is not. Both ways take turns, and each turn of the one is compared with the turn
 * of the other next to it.
 */
class ParanoidCost {
  private static final int BATCH = 128;
  private static final int WARM_UP = 1_500;
  private static final int ROUNDS = 3_000;
  private static final int[] SIZES = {64, 1500, 9000};

  private long sum;

  @Test
  void measure() {
    System.out.printf(
        "%-9s %5s  %-22s  %-22s  %s%n",
        "way", "bytes", "ns a frame, off", "ns a frame, on", "on / off");
    for (int size : SIZES) {
      compare("receive", size, up -> receive(up, size));
    }
    for (int size : SIZES) {
      compare("transmit", size, up -> transmit(up, size));
    }
    assertTrue(sum != 0);
  }

  private void compare(String way, int size, ToLongFunction<TestDevice> batch) {
    double[] off = new double[ROUNDS];
    double[] on = new double[ROUNDS];
    double[] ratio = new double[ROUNDS];
    try (TestDevice plain = up(false);
        TestDevice paranoid = up(true)) {
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        // Who is first has the colder caches.
        boolean plainFirst = round % 2 == 0;
        long first = batch.applyAsLong(plainFirst ? plain : paranoid);
        long second = batch.applyAsLong(plainFirst ? paranoid : plain);
        if (round >= 0) {
          off[round] = (double) (plainFirst ? first : second) / BATCH;
          on[round] = (double) (plainFirst ? second : first) / BATCH;
          ratio[round] = on[round] / off[round];
        }
      }
    }
    System.out.printf(
        "%-9s %5d  %-22s  %-22s  %s%n",
        way, size, spread(off, "%.0f"), spread(on, "%.0f"), spread(ratio, "%.2f"));
  }

  /** The median, and what nine of ten are above and below. */
  private static String spread(double[] values, String format) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        format + " (" + format + "–" + format + ")",
        sorted[sorted.length / 2],
        sorted[sorted.length / 10],
        sorted[sorted.length * 9 / 10]);
  }

  private static TestDevice up(boolean paranoid) {
    var settings = new NetSettings(256, 256, 9216, Duration.ofMillis(50), Set.of());
    ModelSettings device = ModelSettings.modern().withMtu(9000);
    TestDevice up = TestDevice.up(device, settings.withParanoid(paranoid));
    up.model().stall();
    return up;
  }

  private long receive(TestDevice up, int size) {
    byte[] frame = TestDevice.frame(size, size);
    for (int i = 0; i < BATCH; i++) {
      assertTrue(up.model().receive(frame));
    }
    long start = System.nanoTime();
    int taken =
        up.device()
            .receiveQueue()
            .receive(
                received -> {
                  sum += received.segment().get(ValueLayout.JAVA_BYTE, 13);
                  received.release();
                },
                BATCH);
    long nanos = System.nanoTime() - start;
    assertEquals(BATCH, taken);
    return nanos;
  }

  /** The client fills its frames, which is part of it: in device memory, or on the heap. */
  private long transmit(TestDevice up, int size) {
    TransmitQueue queue = up.device().transmitQueue();
    long start = System.nanoTime();
    for (int i = 0; i < BATCH; i++) {
      Frame frame = queue.allocate(size - i % 2).orElseThrow();
      frame.segment().fill((byte) 8);
      sum++;
      queue.send(frame);
    }
    queue.flush();
    long nanos = System.nanoTime() - start;
    up.model().transmitNow();
    up.model().takeTransmitted();
    start = System.nanoTime();
    int reaped = queue.reap();
    nanos += System.nanoTime() - start;
    assertEquals(BATCH, reaped);
    return nanos;
  }
}
