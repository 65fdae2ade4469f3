package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Looking at the rings for a while before an interrupt is waited for. */
class BusyPollTest {
  private static final int FRAMES = 1_000;
  private static final long LONGEST_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /**
   * What they took.
   *
   * @param late frames that came so long after the one before that the driver may have stopped
   *     looking
   */
  private record Taken(long interrupts, int late) {}

  private static EthernetConnection open(DriverOnModel driver) {
    return await(
        Source.<Frame>maybe()
            .viaMat(driver.net().flow(), Keep.right())
            .to(Sink.foreach(Frame::release))
            .run(driver.system()));
  }

  private static long count(EthernetConnection connection, Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  /** One after the other: the next comes when the one before was received. */
  private static Taken take(DriverOnModel driver, EthernetConnection connection) {
    long before = count(connection, Counter.INTERRUPTS);
    long received = count(connection, Counter.RECEIVED_FRAMES);
    int late = 0;
    long last = System.nanoTime() - LONGEST_POLL_NANOS;
    for (int number = 0; number < FRAMES; number++) {
      byte[] frame = bytes(number, 60);
      until("a buffer for it", () -> driver.device().waiting(0) > 0);
      long now = System.nanoTime();
      assertTrue(driver.device().receive(frame));
      late += System.nanoTime() - last < LONGEST_POLL_NANOS ? 0 : 1;
      last = now;
      long all = received + number + 1;
      until("it came", () -> count(connection, Counter.RECEIVED_FRAMES) == all);
    }
    return new Taken(count(connection, Counter.INTERRUPTS) - before, late);
  }

  @Test
  void framesThatFollowSoonNeedNoInterrupt() {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = 10ms", ModelSettings.modern())) {
      EthernetConnection connection = open(driver);
      Taken taken = take(driver, connection);
      assertTrue(taken.interrupts() <= taken.late() && taken.late() < FRAMES, taken::toString);
      driver.stopWithoutATrace();
    }
  }

  /** The frames here are a millisecond or more apart. */
  @ParameterizedTest
  @ValueSource(strings = {"0 us", "10 us"})
  void framesThatComeAfterThatTimeHaveAnInterruptEach(String time) {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = " + time, ModelSettings.modern())) {
      EthernetConnection connection = open(driver);
      Taken taken = take(driver, connection);
      assertTrue(taken.interrupts() > FRAMES / 2, taken::toString);
      assertEquals(0, count(connection, Counter.LOST_WAKEUPS));
      driver.stopWithoutATrace();
    }
  }
}
