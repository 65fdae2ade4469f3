package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.KillSwitches;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import virtionet.driver.DeviceLostException;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Batches of frames as a stream. */
class BatchStreamTest {
  /** Less than the model's ring holds: an echo that finds no buffer is lost. */
  private static final int BATCH = 5;

  private static FrameBatch batch(int from, int count) {
    FrameBatch batch = FrameBatch.ofCapacity(count);
    for (int number = from; number < from + count; number++) {
      batch.add(Frame.wrap(bytes(number, 14 + number % 1400)));
    }
    return batch;
  }

  @Test
  void whatIsSentInBatchesComesBackFromAnEchoByteForByteAndInOrder() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.device().echo();
      Queue<byte[]> back = new ConcurrentLinkedQueue<>();
      var stream =
          Source.<FrameBatch>queue(1)
              .viaMat(driver.net().batches(), Keep.both())
              .to(
                  Sink.foreach(
                      batch -> {
                        for (int i = 0; i < batch.size(); i++) {
                          back.add(batch.copy(i).toByteArray());
                        }
                        batch.release();
                      }))
              .run(driver.system());
      await(stream.second());
      for (int sent = 0; sent < 2000; sent += BATCH) {
        int all = sent + BATCH;
        assertTrue(stream.first().offer(batch(sent, BATCH)).isEnqueued());
        until("all came back", () -> back.size() == all);
      }
      int number = 0;
      for (byte[] frame : back) {
        assertArrayEquals(bytes(number, 14 + number % 1400), frame);
        number++;
      }
      driver.stopWithoutATrace();
    }
  }

  private static long count(EthernetConnection connection, Counter counter) {
    return Objects.requireNonNull(connection.counters().get(counter));
  }

  @Test
  void aBatchIsFilledInDeviceMemoryAsLongAsThereIsSomeAndThenOnTheHeap() {
    int frames = 300;
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var stream =
          Source.<FrameBatch>queue(1)
              .viaMat(driver.net().batches(), Keep.both())
              .to(Sink.foreach(FrameBatch::release))
              .run(driver.system());
      EthernetConnection connection = await(stream.second());
      FrameBatch batch = FrameBatch.ofCapacity(frames);
      connection.allocate(batch, frames, 100);
      assertEquals(frames, batch.size());
      long inDeviceMemory = 0;
      for (int i = 0; i < frames; i++) {
        MemorySegment frame = MemorySegment.ofArray(bytes(i, 100));
        MemorySegment.copy(frame, 0, batch.memory(i), batch.offset(i), 100);
        inDeviceMemory += batch.memory(i).isNative() ? 1 : 0;
      }
      assertTrue(inDeviceMemory > 0 && inDeviceMemory < frames, inDeviceMemory + " of " + frames);
      assertTrue(stream.first().offer(batch).isEnqueued());
      until("all are sent", () -> count(connection, Counter.TRANSMITTED_FRAMES) == frames);
      assertEquals(frames - inDeviceMemory, count(connection, Counter.TRANSMIT_COPIES));
      int number = 0;
      for (byte[] sent : driver.device().takeTransmitted()) {
        assertArrayEquals(bytes(number++, 100), sent);
      }
      assertEquals(frames, number);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void framesThatABatchHasNoRoomForAreRefusedBeforeAnyIsMade() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      EthernetConnection connection = driver.client().connected();
      FrameBatch batch = FrameBatch.ofCapacity(4);
      connection.allocate(batch, 1, 60);
      var refusal =
          assertThrows(IllegalArgumentException.class, () -> connection.allocate(batch, 4, 60));
      assertTrue(refusal.toString().contains("it has room for 3"), refusal.toString());
      assertThrows(IllegalArgumentException.class, () -> connection.allocate(batch, -1, 60));
      assertThrows(IllegalArgumentException.class, () -> connection.allocate(batch, 1, -1));
      assertEquals(1, batch.size());
      batch.release();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aStreamJoinedToItselfSendsBackWhatItReceives() {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = 100us", ModelSettings.modern())) {
      await(driver.net().batches().join(Flow.create()).run(driver.system()));
      receive(driver, 500);
      List<byte[]> transmitted = new ArrayList<>();
      until(
          "all came back",
          () -> {
            transmitted.addAll(driver.device().takeTransmitted());
            return transmitted.size() == 500;
          });
      for (int number = 0; number < 500; number++) {
        assertArrayEquals(bytes(number, 60), transmitted.get(number));
      }
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aBatchLargerThanTheHandOffIsSentPartByPart() {
    try (var driver =
        DriverOnModel.with("virtionet.transmit-hand-off = 8", ModelSettings.modern())) {
      await(
          Source.single(batch(0, 100))
              .concat(Source.maybe())
              .viaMat(driver.net().batches(), Keep.right())
              .to(Sink.foreach(FrameBatch::release))
              .run(driver.system()));
      List<byte[]> transmitted = new ArrayList<>();
      until(
          "all were sent",
          () -> {
            transmitted.addAll(driver.device().takeTransmitted());
            return transmitted.size() == 100;
          });
      driver.stopWithoutATrace();
    }
  }

  @Test
  void framesBeyondTheHandOffAreDroppedAndCounted() {
    try (var driver =
        DriverOnModel.with("virtionet.receive-hand-off = 8", ModelSettings.modern())) {
      var connection =
          await(
              Source.<FrameBatch>maybe()
                  .viaMat(driver.net().batches(), Keep.right())
                  .to(Sink.<FrameBatch>never())
                  .run(driver.system()));
      receive(driver, 100);
      until(
          "all were taken",
          () -> connection.counters().getOrDefault(Counter.RECEIVED_FRAMES, 0L) == 100);
      until(
          "what found no room is counted",
          () -> connection.counters().getOrDefault(Counter.DROPPED_HANDOFF_FULL, 0L) == 92);
      // They are counted first, and then given back.
      until("the others are lent", () -> connection.buffers().lent() == 8);
      assertTrue(connection.buffers().isConserved());
    }
  }

  @Test
  void aStreamThatIsCancelledGivesBackWhatWaited() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var stream =
          Source.<FrameBatch>maybe()
              .viaMat(driver.net().batches(), Keep.right())
              .viaMat(KillSwitches.single(), Keep.both())
              .to(Sink.<FrameBatch>never())
              .run(driver.system());
      EthernetConnection connection = await(stream.first());
      receive(driver, 20);
      until("they wait", () -> connection.buffers().lent() == 20);
      stream.second().shutdown();
      until("they are given back", () -> connection.buffers().lent() == 0);
      until(
          "they are counted",
          () -> connection.counters().getOrDefault(Counter.DROPPED_CLIENT_GONE, 0L) == 20);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aStreamWhoseSourceFailsEndsAndGivesBackWhatWaited() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var stream =
          Source.<FrameBatch>maybe()
              .viaMat(driver.net().batches(), Keep.both())
              .toMat(Sink.<FrameBatch>never(), Keep.left())
              .run(driver.system());
      EthernetConnection connection = await(stream.second());
      receive(driver, 20);
      until("they wait", () -> connection.buffers().lent() == 20);
      stream.first().completeExceptionally(new IllegalStateException("planned"));
      until("they are given back", () -> connection.buffers().lent() == 0);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void theLossOfTheDeviceFailsItAndEachFrameIsAccountedFor() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var stream =
          Source.single(batch(0, 100))
              .concat(Source.maybe())
              .viaMat(driver.net().batches(), Keep.right())
              .toMat(Sink.foreach(FrameBatch::release), Keep.both())
              .run(driver.system());
      EthernetConnection connection = await(stream.first());
      driver.device().needReset();
      assertInstanceOf(DeviceLostException.class, failureOf(stream.second()));
      until(
          "each is counted as sent or as aborted",
          () ->
              connection.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L)
                      + connection.counters().getOrDefault(Counter.TRANSMIT_ABORTED, 0L)
                  == 100);
    }
  }

  @Test
  void eachQueuePairHasAStreamOfItsOwn() {
    try (var driver =
        DriverOnModel.with("virtionet.queue-pairs = 2", ModelSettings.modern().withPairs(2))) {
      String device = await(driver.net().devices()).getFirst().slot().name();
      for (int pair = 0; pair < 2; pair++) {
        await(
            Source.single(batch(10 * pair, 3))
                .concat(Source.maybe())
                .viaMat(driver.net().batches(device, pair), Keep.right())
                .to(Sink.foreach(FrameBatch::release))
                .run(driver.system()));
        List<byte[]> transmitted = new ArrayList<>();
        until(
            "its frames are sent",
            () -> {
              transmitted.addAll(driver.device().takeTransmitted());
              return transmitted.size() == 3;
            });
        int first = 10 * pair;
        assertArrayEquals(bytes(first, 14 + first), transmitted.getFirst());
      }
      driver.stopWithoutATrace();
    }
  }

  private static void receive(DriverOnModel driver, int frames) {
    for (int number = 0; number < frames; number++) {
      int sent = number;
      until("a buffer for it", () -> driver.device().receive(bytes(sent, 60)));
    }
  }
}
