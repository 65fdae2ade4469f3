package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import virtionet.VirtioNet;
import virtionet.driver.DeviceControl;
import virtionet.testing.DriverOnModel;

/**
 * How soon the driver answers while something else keeps it busy: the question what its devices do,
 * and a control command, in turn.
 */
public final class ControlPlane {
  private static final int ASKS = 100;

  /** What is promised; of the median, since other programs keep this machine busy too. */
  private static final long MEDIAN_MILLIS = 100;

  /** The same on a machine that is busier: so often what one thread takes to hand to another. */
  private static final long MEDIAN_HAND_OVERS = 30;

  /** Whatever else the machine does. */
  private static final long EACH_MILLIS = 20_000;

  private final VirtioNet net;
  private final Optional<DeviceControl> control;

  /**
   * @param control empty for a device that has none
   */
  public ControlPlane(VirtioNet net, Optional<DeviceControl> control) {
    this.net = net;
    this.control = control;
  }

  /** Asks while the load runs over and over on a thread of its own. */
  public void assertAnswersWhile(String what, Runnable load) {
    var over = new AtomicBoolean();
    var loaded =
        CompletableFuture.runAsync(
            () -> {
              while (!over.get()) {
                load.run();
              }
            },
            task -> Thread.ofPlatform().name("load").daemon().start(task));
    try {
      assertAnswers(what);
    } finally {
      over.set(true);
      DriverOnModel.await(loaded);
    }
  }

  /** Asks while whatever was begun goes on. */
  public void assertAnswers(String what) {
    var micros = new Histogram(3);
    var handOvers = new Histogram(3);
    for (int ask = 0; ask < ASKS; ask++) {
      long start = System.nanoTime();
      DriverOnModel.await(CompletableFuture.runAsync(() -> {}));
      handOvers.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
      start = System.nanoTime();
      DriverOnModel.await(net.devices());
      micros.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
      if (control.isPresent()) {
        start = System.nanoTime();
        DriverOnModel.await(control.get().promiscuous(ask % 2 == 0));
        micros.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
      }
    }
    String figures =
        "%s: %d answers, 50 %% within %d us, 99 %% within %d us, all within %d us"
            .formatted(
                what,
                micros.getTotalCount(),
                micros.getValueAtPercentile(50),
                micros.getValueAtPercentile(99),
                micros.getMaxValue());
    System.out.println(figures);
    long mostMicros =
        Math.max(
            TimeUnit.MILLISECONDS.toMicros(MEDIAN_MILLIS),
            MEDIAN_HAND_OVERS * handOvers.getValueAtPercentile(50));
    assertTrue(micros.getValueAtPercentile(50) < mostMicros, figures);
    assertTrue(micros.getMaxValue() < TimeUnit.MILLISECONDS.toMicros(EACH_MILLIS), figures);
  }
}
