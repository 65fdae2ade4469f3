package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Clients that take no frames, or keep them: the others have theirs, and each loss is counted. */
class SlowConsumerTest {
  private static final String SETTINGS =
      """
      virtionet.clients = broadcast
      virtionet.receive-queue-size = 64
      virtionet.receive-hand-off = 64
      """;

  /** Half of the buffers: as many as may be lent before frames are copied. */
  private static final int LENT = 3 * 64;

  private static final int BATCH = 32;
  private static final List<byte[]> FRAMES =
      IntStream.range(0, BATCH).mapToObj(number -> bytes(number, 60)).toList();

  private static final ModelSettings CARD = ModelSettings.modern().offering(ModelSettings.CONTROL);

  private static EthernetConnection consumer(DriverOnModel driver, Consumer<Frame> action) {
    return DriverOnModel.await(
        driver
            .net()
            .source()
            .toMat(Sink.foreach(action::accept), Keep.left())
            .run(driver.system()));
  }

  private static ControlPlane controlPlane(DriverOnModel driver, EthernetConnection connection) {
    return new ControlPlane(driver.net(), Optional.of(connection.control()));
  }

  /** Frames that come as fast as a client takes them. */
  private record Pace(DriverOnModel driver, AtomicInteger taken, AtomicInteger given)
      implements Runnable {
    @Override
    public void run() {
      given.addAndGet(driver.device().receive(FRAMES));
      until("all are taken", () -> taken.get() == given.get());
    }
  }

  private static long count(EthernetConnection connection, Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  @Test
  void aConsumerThatNeverPullsLosesItsOwnFramesAlone() {
    try (var driver = DriverOnModel.with(SETTINGS, CARD)) {
      var idle = driver.connected();
      var taken = new AtomicInteger();
      var given = new AtomicInteger();
      EthernetConnection busy =
          consumer(
              driver,
              frame -> {
                frame.release();
                taken.incrementAndGet();
              });
      var pace = new Pace(driver, taken, given);
      pace.run();
      pace.run();
      pace.run();
      controlPlane(driver, busy).assertAnswersWhile("a consumer that never pulls", pace);
      // The other one has all; this one has lost all but what waits for it.
      long received = given.get();
      assertEquals(received, count(busy, Counter.RECEIVED_FRAMES));
      assertEquals(received, count(busy, Counter.DELIVERED_FRAMES));
      // The last of them, perhaps, only after the other one's copies were passed on.
      until(
          "the lost ones are counted",
          () -> count(busy, Counter.DROPPED_HANDOFF_FULL) == received - 64);
      idle.leave();
      until("what waited is counted", () -> count(busy, Counter.DROPPED_CLIENT_GONE) == 64);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aConsumerThatKeepsEachFrameHasCopiesAndTheDeviceItsBuffers() {
    try (var driver = DriverOnModel.with(SETTINGS, CARD)) {
      Queue<Frame> kept = new ConcurrentLinkedQueue<>();
      var taken = new AtomicInteger();
      var given = new AtomicInteger();
      // The first to come has the device's buffers, each later one a copy.
      EthernetConnection keeper = consumer(driver, kept::add);
      consumer(
          driver,
          frame -> {
            frame.release();
            taken.incrementAndGet();
          });
      var pace = new Pace(driver, taken, given);
      for (int batch = 0; batch < 10; batch++) {
        pace.run();
        until("it keeps them all", () -> kept.size() == given.get());
      }
      assertEquals(2L * given.get() - LENT, count(keeper, Counter.COPIED_FRAMES));
      long memory = driver.memory().available();
      controlPlane(driver, keeper)
          .assertAnswersWhile(
              "a consumer that keeps each frame",
              () -> {
                pace.run();
                until("it keeps them all", () -> kept.size() == given.get());
              });
      assertEquals(memory, driver.memory().available(), "no more device memory is taken");
      assertEquals(given.get(), count(keeper, Counter.RECEIVED_FRAMES));
      assertEquals(2L * given.get(), count(keeper, Counter.DELIVERED_FRAMES));
      assertEquals(0, count(keeper, Counter.DROPPED_HANDOFF_FULL));

      kept.forEach(Frame::release);
      long copied = count(keeper, Counter.COPIED_FRAMES);
      int before = given.get();
      pace.run();
      until("it has them", () -> kept.size() == given.get());
      assertEquals(
          copied + given.get() - before,
          count(keeper, Counter.COPIED_FRAMES),
          "from now on only the second client has copies");
      kept.stream().skip(before).forEach(Frame::release);
      driver.stopWithoutATrace();
    }
  }
}
