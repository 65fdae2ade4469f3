package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.testkit.javadsl.TestSink;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.TestFrames;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Frames as a stream: what goes in, what comes out, and what holds them back. */
class FrameStreamTest {
  static Stream<ModelSettings> devices() {
    return Stream.of(
        ModelSettings.modern(),
        ModelSettings.legacy(),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT | ModelSettings.EVENT_IDX));
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatIsSentComesBackFromAnEchoByteForByteAndInOrder(ModelSettings device) {
    try (var driver = DriverOnModel.of(device)) {
      driver.device().echo();
      var client = driver.connected();
      for (int number = 0; number < 500; number++) {
        byte[] bytes = bytes(number, 14 + number * 3);
        client.in().sendNext(Frame.wrap(bytes.clone()));
        assertArrayEquals(bytes, client.receive(), "frame " + number);
      }
      driver.stopWithoutATrace();
    }
  }

  @Test
  void theMaterializedValueTellsOfTheDevice() {
    try (var driver =
        DriverOnModel.of(ModelSettings.modern().withMac("52:54:00:00:00:07").withMtu(2000))) {
      var connection = driver.connected().connected();
      assertEquals("virtio_mmio@10001000", connection.name());
      assertEquals(MacAddress.parse("52:54:00:00:00:07"), connection.mac());
      assertEquals(2000, connection.mtu());
      assertTrue(connection.link().up());
      assertTrue(connection.features().toString().contains("VERSION_1"));
      assertEquals(
          "virtio_mmio@10001000, MAC 52:54:00:00:00:07, MTU 2000, link " + connection.link(),
          connection.toString());
    }
  }

  @Test
  void aLateSubscriberGetsTheLinkAsItIsThenEachChange() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      var connection = client.connected();
      driver.device().setLink(false);
      until("it is noticed", () -> !connection.link().up());
      var links = connection.links().runWith(TestSink.create(driver.system()), driver.system());
      assertFalse(links.requestNext().up());
      driver.device().setLink(true);
      assertTrue(links.requestNext().up());
      until("both are counted", () -> client.count(Counter.LINK_CHANGES) == 2);
      links.cancel();
      driver.device().setLink(false);
      until("without subscribers too", () -> !connection.link().up());
    }
  }

  @Test
  void aSlowConsumerCostsTheNewestFramesAndEachIsCounted() {
    int sent = 400;
    try (var driver =
        DriverOnModel.with("virtionet.receive-hand-off = 16", ModelSettings.modern())) {
      var client = driver.connected();
      for (int number = 0; number < sent; number++) {
        byte[] bytes = bytes(number, 60);
        until("there is a buffer", () -> driver.device().receive(bytes));
      }
      until(
          "what has no place is dropped",
          () -> client.count(Counter.DROPPED_HANDOFF_FULL) == sent - 16);
      assertEquals(0, client.count(Counter.DELIVERED_FRAMES), "nothing is taken yet");
      for (int number = 0; number < 16; number++) {
        assertArrayEquals(bytes(number, 60), client.receive(), "the oldest are kept");
      }
      assertEquals(16, client.count(Counter.DELIVERED_FRAMES));
      until("there is a buffer", () -> driver.device().receive(bytes(sent, 60)));
      assertArrayEquals(bytes(sent, 60), client.receive(), "and it goes on");
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFullRingHoldsTheSourceBackUntilTheDeviceHasSent() {
    try (var driver =
        DriverOnModel.with("virtionet.transmit-hand-off = 4", ModelSettings.modern())) {
      await(driver.net().devices());
      driver.device().stall();
      var frames = new TestFrames();
      var end =
          Source.range(1, 1000)
              .map(number -> frames.make(bytes(number, 60)))
              .runWith(driver.net().sink(), driver.system());
      until("the ring is full", () -> driver.device().ring(1).waiting() == 8);
      List<byte[]> sent = new ArrayList<>();
      until(
          "all is sent",
          () -> {
            // Eight in the ring, four in the hand-off, one in the stage, one polled before the
            // ring.
            assertTrue(frames.made() <= sent.size() + 8 + 4 + 2, frames.made() + " were pulled");
            driver.device().transmitNow();
            sent.addAll(driver.device().takeTransmitted());
            return sent.size() == 1000;
          });
      await(end);
      for (int number = 1; number <= 1000; number++) {
        assertArrayEquals(bytes(number, 60), sent.get(number - 1));
      }
      assertEquals(0, frames.held());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aSinkIsDoneWhenAllIsInTheRingNotBefore() {
    try (var driver =
        DriverOnModel.with("virtionet.transmit-hand-off = 64", ModelSettings.modern())) {
      await(driver.net().devices());
      driver.device().stall();
      var end =
          Source.range(1, 20)
              .map(number -> Frame.wrap(bytes(number, 60)))
              .runWith(driver.net().sink(), driver.system())
              .toCompletableFuture();
      until("the ring is full", () -> driver.device().ring(1).waiting() == 8);
      int sent = 0;
      while (sent < 12) {
        assertFalse(end.isDone(), sent + " of 20 were sent, and the ring holds 8");
        int before = sent;
        sent += driver.device().transmitNow();
        int now = sent;
        until(
            "the ring is filled again",
            () -> now == before || driver.device().ring(1).waiting() == Math.min(8, 20 - now));
      }
      await(end);
    }
  }

  @Test
  void framesOfTheWrongLengthAreDroppedAndCountedAndNothingElseIsLost() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      var frames = new TestFrames();
      int[] lengths = {14, 13, 1514, 1515, 0, 60, 9000, 61};
      for (int length : lengths) {
        client.in().sendNext(frames.make(length < 14 ? new byte[length] : bytes(length, length)));
      }
      until("the good ones are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 4);
      until("none is held", () -> frames.held() == 0);
      assertEquals(2, client.count(Counter.REFUSED_SHORT));
      assertEquals(2, client.count(Counter.REFUSED_LONG));
      assertEquals(
          List.of(14, 1514, 60, 61),
          driver.device().takeTransmitted().stream().map(frame -> frame.length).toList());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFrameThatItsSenderHadReleasedIsCountedAndHarmsNoOther() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      Frame released = client.connected().allocate(60);
      released.release();
      client.in().sendNext(released);
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("the other is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
      assertEquals(1, client.count(Counter.REFUSED_RELEASED));
      assertArrayEquals(bytes(1, 60), driver.device().takeTransmitted().getFirst());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aReceivedFrameIsSentOnWithoutACopy() {
    try (var driver =
        DriverOnModel.with("virtionet.receive-queue-size = 256", ModelSettings.modern())) {
      var client = driver.connected();
      for (int number = 0; number < 100; number++) {
        driver.device().receive(bytes(number, 60));
        client.in().sendNext(client.out().requestNext());
      }
      until("all are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 100);
      assertEquals(0, client.count(Counter.TRANSMIT_COPIES));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aSourceBringsWhatTheDeviceReceives() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var streams =
          driver
              .net()
              .source()
              .take(3)
              .map(
                  frame -> {
                    byte[] bytes = frame.toByteArray();
                    frame.release();
                    return bytes.length;
                  })
              .toMat(Sink.seq(), Keep.both())
              .run(driver.system());
      await(streams.first());
      driver.device().receive(IntStream.range(0, 3).mapToObj(i -> bytes(i, 60 + i)).toList());
      assertEquals(List.of(60, 61, 62), await(streams.second()));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void theInletsEndLeavesTheOutletOpen() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      client.in().sendComplete();
      driver.device().receive(bytes(1, 60));
      assertEquals(60, client.receive().length);
    }
  }

  @Test
  void aStreamThatEndsBeforeItsDeviceIsThereSaysSo() {
    try (var driver = DriverOnModel.with("virtionet.client-grace = 60 s", ModelSettings.modern())) {
      driver.connected();
      var second = driver.client();
      second.leave();
      assertInstanceOf(ConnectionRefusedException.class, failureOf(second.connection()));
    }
  }
}
