package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.ActorAttributes;
import akka.stream.javadsl.Flow;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import virtionet.net.FrameBatch;
import virtionet.observe.trace.TraceRecording;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/**
 * What recording costs. No test, and run only by name: see docs/observe.md. Batches go through the
 * whole driver, in at the ring, through a stream and out again, on a device model in the same JVM.
 * What counts is the time that the event loop's thread has a processor, which is the driver's and
 * the stream's, and the model's where it is called. Spells with and without a recording take turns.
 */
class TraceCost {
  private static final int FRAMES = 64;
  private static final int BATCHES = 1_000;
  private static final int HOOKED = 1_000_000;
  private static final int WARM_UP = 6;
  private static final int SPELLS = 30;
  private static final long MOST_NANOS = 60_000_000_000L;
  private static final String SETTINGS =
      """
      virtionet.leak-detection = off
      virtionet.receive-queue-size = 256
      virtionet.transmit-queue-size = 256
      """;

  @Test
  void measure() throws Exception {
    Path file = Files.createTempFile("cost", ".jfr");
    List<Double> hooks = new ArrayList<>();
    List<Double> off = new ArrayList<>();
    List<Double> on = new ArrayList<>();
    List<Double> ratio = new ArrayList<>();
    try (var driver = DriverOnModel.with(SETTINGS, ModelSettings.modern())) {
      DriverOnModel.await(
          driver
              .net()
              .batches()
              .join(Flow.<FrameBatch>create())
              .withAttributes(ActorAttributes.dispatcher("virtionet.event-loop"))
              .run(driver.system()));
      List<byte[]> frames = Collections.nCopies(FRAMES, DriverOnModel.bytes(1, 64));
      for (int spell = -WARM_UP; spell < SPELLS; spell++) {
        double without = nanosPerBatch(driver, frames);
        double with;
        try (var recording = TraceRecording.start(file)) {
          with = nanosPerBatch(driver, frames);
          recording.write();
        }
        double unheard = nanosOfHooks();
        if (spell >= 0) {
          hooks.add(unheard);
          off.add(without);
          on.add(with);
          ratio.add(with / without);
        }
      }
    } finally {
      Files.delete(file);
    }
    System.out.printf("ns of the event loop for a batch of %d frames, there and back:%n", FRAMES);
    System.out.printf("not recorded  %s%n", spread(off, "%.0f"));
    System.out.printf("recorded      %s%n", spread(on, "%.0f"));
    System.out.printf("ratio         %s%n", spread(ratio, "%.2f"));
    System.out.printf("the trace's own, not recorded  %s%n", spread(hooks, "%.1f"));
    assertTrue(Collections.min(off) > 0);
  }

  /** All that is called for a batch there and back, and nothing else of the driver. */
  private static double nanosOfHooks() {
    var hooks = new TraceOffTest();
    hooks.bringUp();
    try {
      long start = System.nanoTime();
      for (int batch = 0; batch < HOOKED; batch++) {
        hooks.receive();
        hooks.transmit();
        hooks.deliver();
      }
      return (double) (System.nanoTime() - start) / HOOKED;
    } finally {
      hooks.end();
    }
  }

  private static double nanosPerBatch(DriverOnModel driver, List<byte[]> frames) {
    long start = System.nanoTime();
    long before = loopNanos();
    for (int batch = 0; batch < BATCHES; batch++) {
      int given = driver.device().receive(frames);
      assertTrue(given == frames.size(), "the ring has too few buffers");
      int left = given;
      while (left > 0) {
        Thread.onSpinWait();
        left -= driver.device().takeTransmitted().size();
        assertTrue(System.nanoTime() - start < MOST_NANOS, "frames were lost");
      }
    }
    return (double) (loopNanos() - before) / BATCHES;
  }

  /** What the event loop's thread has had of a processor. */
  private static long loopNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().contains("virtionet.event-loop")) {
        return threads.getThreadCpuTime(thread.getThreadId());
      }
    }
    throw new AssertionError("there is no event loop");
  }

  /** The median, and what nine of ten are above and below. */
  private static String spread(List<Double> values, String format) {
    List<Double> sorted = values.stream().sorted().toList();
    int count = sorted.size();
    return String.format(
        Locale.ROOT,
        format + " (" + format + "–" + format + ")",
        sorted.get(count / 2),
        sorted.get(count / 10),
        sorted.get(count * 9 / 10));
  }
}
