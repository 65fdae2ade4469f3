package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.NotUsed;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Source;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtionet.driver.DeviceLostException;
import virtionet.machine.InterruptLine;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DelegatingLine;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.WatchedRegisters;

/** No frame is lost without a count, and none is kept, however a stream ends. */
class FrameBalanceTest {
  private static final int QUEUE_NOTIFY = 0x050;

  private static void assertReceived(
      EthernetConnection connection, int all, int delivered, Counter... drops) {
    until(
        "each of %d received frames is delivered or dropped: %s"
            .formatted(all, connection.counters()),
        () -> {
          var counters = connection.counters();
          long dropped = 0;
          for (Counter drop : drops) {
            dropped += counters.getOrDefault(drop, 0L);
          }
          return counters.getOrDefault(Counter.RECEIVED_FRAMES, 0L) == all
              && counters.getOrDefault(Counter.DELIVERED_FRAMES, 0L) == delivered
              && dropped == all - delivered;
        });
  }

  private static long aborted(EthernetConnection connection) {
    return connection.counters().getOrDefault(Counter.TRANSMIT_ABORTED, 0L);
  }

  private static void receive(DriverOnModel driver, int frames) {
    for (int number = 0; number < frames; number++) {
      assertTrue(driver.device().receive(bytes(number, 60)));
    }
  }

  @Test
  void aStreamWithoutDemandFailsWithItsDeviceAlthoughFramesWait() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      receive(driver, 3);
      until("received", () -> client.count(Counter.RECEIVED_FRAMES) == 3);
      driver.device().needReset();
      assertInstanceOf(DeviceLostException.class, client.error());
      assertReceived(client.connected(), 3, 0, Counter.DROPPED_CLIENT_GONE);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void framesThatWaitForAClientThatLeavesAreCounted() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      receive(driver, 4);
      until("received", () -> client.count(Counter.RECEIVED_FRAMES) == 4);
      assertArrayEquals(bytes(0, 60), client.receive());
      client.leave();
      assertReceived(client.connected(), 4, 1, Counter.DROPPED_CLIENT_GONE);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aClientThatIsTooSlowAndThenGoneHasEachFrameCountedOnce() {
    try (var driver =
        DriverOnModel.with("virtionet.receive-hand-off = 2", ModelSettings.modern())) {
      var client = driver.connected();
      receive(driver, 5);
      until("received", () -> client.count(Counter.DROPPED_HANDOFF_FULL) == 3);
      client.leave();
      assertReceived(
          client.connected(), 5, 0, Counter.DROPPED_CLIENT_GONE, Counter.DROPPED_HANDOFF_FULL);
      assertEquals(3, client.count(Counter.DROPPED_HANDOFF_FULL));
    }
  }

  private static Source<Frame, NotUsed> open(Source<Frame, NotUsed> frames) {
    return frames.concatLazy(Source.maybe());
  }

  @Test
  void theFrameThatAStreamCouldNotPassOnCountsAsAborted() {
    try (var driver =
        DriverOnModel.with(
            "virtionet { transmit-hand-off = 4, client-grace = 60 s }", ModelSettings.modern())) {
      driver.device().stall();
      var watcher = driver.connected();
      EthernetConnection device = watcher.connected();
      watcher.leave();
      var frames = new TestFrames();
      TestSubscriber.Probe<Frame> out =
          open(Source.range(1, 20).map(number -> frames.make(bytes(number, 60))))
              .viaMat(driver.net().flow(), Keep.left())
              .runWith(TestSink.create(driver.system()), driver.system());
      out.ensureSubscription();
      // Eight in the ring, four before it, and one that finds no room.
      until("all is full", () -> frames.made() == 13 && frames.held() == 5);
      out.cancel();
      until("one is lost", () -> aborted(device) == 1);
      driver.device().needReset();
      until("all are lost", () -> aborted(device) == 13);
      assertEquals(0, frames.held());
      driver.stopWithoutATrace();
    }
  }

  /** On the event loop, an actor that is held up would hold up the other as well. */
  private static final String BROADCAST_ON_A_POOL =
      """
      virtionet.clients = broadcast
      virtionet.queue-dispatcher = virtionet.driver-dispatcher
      """;

  @Test
  void framesOfAClientThatCameWhileTheDriverStoppedAreReleased() {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    var blocking = new AtomicBoolean();
    var blocked = new CountDownLatch(1);
    var released = new CountDownLatch(1);
    var lineClosed = new CountDownLatch(1);
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            return new WatchedRegisters(
                super.access(slot),
                (offset, write) -> {
                  if (write && offset == QUEUE_NOTIFY && blocking.get()) {
                    blocked.countDown();
                    until("the turn goes on", () -> released.getCount() == 0);
                  }
                });
          }

          @Override
          public InterruptLine interruptLine(Slot slot) {
            return new DelegatingLine(super.interruptLine(slot), lineClosed::countDown);
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, BROADCAST_ON_A_POOL)) {
      var first = driver.connected();
      blocking.set(true);
      first.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("a turn is held up", () -> blocked.getCount() == 0);
      // The upstream state is in the middle of a turn: it will not hear of this client.
      var made = new AtomicInteger();
      EthernetConnection device = first.connected();
      open(Source.range(1, 3)
              .map(
                  number -> {
                    Frame frame = device.allocate(60);
                    made.incrementAndGet();
                    return frame;
                  }))
          .viaMat(driver.net().flow(), Keep.left())
          .runWith(TestSink.create(driver.system()), driver.system())
          .ensureSubscription();
      until("two frames are passed on", () -> made.get() == 3);
      var stopped = driver.net().stop();
      until("the actors are told to stop", () -> lineClosed.getCount() == 0);
      blocking.set(false);
      released.countDown();
      DriverOnModel.await(stopped);
      driver.stopWithoutATrace();
      until("all are lost", () -> aborted(device) >= 2);
    } finally {
      released.countDown();
    }
  }
}
