package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
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
  private static long interruptsFor(DriverOnModel driver, EthernetConnection connection) {
    long before = count(connection, Counter.INTERRUPTS);
    long received = count(connection, Counter.RECEIVED_FRAMES);
    for (int number = 0; number < FRAMES; number++) {
      byte[] frame = bytes(number, 60);
      until("a buffer for it", () -> driver.device().receive(frame));
      long all = received + number + 1;
      until("it came", () -> count(connection, Counter.RECEIVED_FRAMES) == all);
    }
    return count(connection, Counter.INTERRUPTS) - before;
  }

  @Test
  void framesThatFollowSoonNeedNoInterrupt() {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = 10ms", ModelSettings.modern())) {
      EthernetConnection connection = open(driver);
      long interrupts = interruptsFor(driver, connection);
      assertTrue(interrupts < FRAMES / 10, () -> interrupts + " interrupts");
      driver.stopWithoutATrace();
    }
  }

  /** The frames here are a millisecond or more apart. */
  @ParameterizedTest
  @ValueSource(strings = {"0 us", "10 us"})
  void framesThatComeAfterThatTimeHaveAnInterruptEach(String time) {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = " + time, ModelSettings.modern())) {
      EthernetConnection connection = open(driver);
      long interrupts = interruptsFor(driver, connection);
      assertTrue(interrupts > FRAMES / 2, () -> interrupts + " interrupts");
      assertEquals(0, count(connection, Counter.LOST_WAKEUPS));
      driver.stopWithoutATrace();
    }
  }
}
