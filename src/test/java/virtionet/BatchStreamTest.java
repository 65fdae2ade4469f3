package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
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

  @Test
  void aStreamJoinedToItselfSendsBackWhatItReceives() {
    try (var driver = DriverOnModel.with("virtionet.busy-poll = 100us", ModelSettings.modern())) {
      await(driver.net().batches().join(Flow.create()).run(driver.system()));
      for (int number = 0; number < 500; number++) {
        int sent = number;
        until("a buffer for it", () -> driver.device().receive(bytes(sent, 60)));
      }
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
      for (int number = 0; number < 100; number++) {
        int sent = number;
        until("a buffer for it", () -> driver.device().receive(bytes(sent, 60)));
      }
      until(
          "all were taken",
          () -> connection.counters().getOrDefault(Counter.RECEIVED_FRAMES, 0L) == 100);
      until(
          "what found no room is counted",
          () -> connection.counters().getOrDefault(Counter.DROPPED_HANDOFF_FULL, 0L) == 92);
      assertTrue(connection.buffers().isConserved());
      assertEquals(8, connection.buffers().lent());
    }
  }
}
