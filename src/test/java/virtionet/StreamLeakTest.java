package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.NotUsed;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.Device;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** However a stream ends in the middle of a burst, each frame goes back to where it came from. */
class StreamLeakTest {
  private static final int ROUNDS = 200;
  private static final List<byte[]> BURST = List.of(bytes(1, 60), bytes(2, 1514), bytes(3, 14));

  /** Which side ends a stream, and how. */
  enum End {
    INLET_FAILS,
    OUTLET_IS_CANCELLED,
    OUTLET_FAILS,
    INLET_COMPLETES_AND_OUTLET_IS_CANCELLED
  }

  @ParameterizedTest
  @EnumSource
  void noFrameIsLostWhenAStreamEndsInTheMiddleOfABurst(End end) {
    try (var driver = DriverOnModel.with("virtionet.client-grace = 60 s", ModelSettings.modern())) {
      EthernetConnection device = device(driver);
      var frames = new TestFrames();
      var random = new SplittableRandom(7);
      for (int round = 0; round < ROUNDS; round++) {
        var ended =
            outgoing(end, device, frames, random.nextInt(1, 30))
                .via(driver.net().flow())
                .via(consumer(end, random.nextInt(1, 6)))
                .runWith(Sink.ignore(), driver.system())
                .toCompletableFuture();
        until(
            "the stream ends in round " + round,
            () -> {
              driver.device().takeTransmitted();
              driver.device().receive(BURST);
              return ended.isDone();
            });
        assertEquals(
            end == End.INLET_FAILS || end == End.OUTLET_FAILS, ended.isCompletedExceptionally());
      }
      until("all frames are released", () -> frames.held() == 0);
      driver.stopWithoutATrace();
    }
  }

  private static EthernetConnection device(DriverOnModel driver) {
    Device.Description first = await(driver.net().devices()).getFirst();
    return EthernetConnection.of(assertInstanceOf(Device.Up.class, first).device());
  }

  /** In turn frames of the application's and frames in device memory. */
  private static Source<Frame, NotUsed> outgoing(
      End end, EthernetConnection device, TestFrames frames, int count) {
    // Endless where the outlet is to end it; no stage that keeps an element between us and the
    // source.
    boolean endless = end == End.OUTLET_IS_CANCELLED || end == End.OUTLET_FAILS;
    return Source.range(1, endless ? Integer.MAX_VALUE : count)
        .map(
            number -> {
              if (end == End.INLET_FAILS && number == count) {
                throw new IllegalStateException("the test's");
              }
              return number % 2 == 0 ? frames.make(60) : device.allocate(60);
            });
  }

  private static Flow<Frame, Integer, NotUsed> consumer(End end, int count) {
    var taken = new AtomicInteger();
    Flow<Frame, Integer, NotUsed> numbers =
        Flow.of(Frame.class)
            .map(
                frame -> {
                  frame.release();
                  if (end == End.OUTLET_FAILS && taken.incrementAndGet() == count) {
                    throw new IllegalStateException("the test's");
                  }
                  return count;
                });
    return switch (end) {
      case INLET_FAILS, OUTLET_FAILS -> numbers;
      case OUTLET_IS_CANCELLED, INLET_COMPLETES_AND_OUTLET_IS_CANCELLED -> numbers.take(count);
    };
  }

  @Test
  void whatWasPassedToAStalledDeviceIsStillSentWhenItsSenderHasLeft() {
    // On a busy machine twenty clients may take longer to come and go than a device may stall.
    String settings = "virtionet { clients = broadcast, transmit-timeout = 1 h }";
    try (var driver = DriverOnModel.with(settings, ModelSettings.modern())) {
      driver.device().stall();
      var watcher = driver.connected();
      var frames = new TestFrames();
      for (int round = 0; round < 20; round++) {
        var client = driver.connected();
        for (int i = 0; i < 20; i++) {
          client.in().sendNext(frames.make(60));
        }
        client.leave();
      }
      until(
          "all frames are sent",
          () -> {
            driver.device().transmitNow();
            return watcher.count(Counter.TRANSMITTED_FRAMES) == 400;
          });
      assertEquals(0, frames.held());
      assertEquals(0, watcher.count(Counter.TRANSMIT_ABORTED));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void noFrameIsLostWhenTheDeviceFailsInTheMiddleOfABurst() {
    End end = End.OUTLET_IS_CANCELLED;
    for (int round = 0; round < 30; round++) {
      try (var driver = DriverOnModel.of(ModelSettings.modern())) {
        EthernetConnection device = device(driver);
        var frames = new TestFrames();
        var ended =
            outgoing(end, device, frames, 1000)
                .via(driver.net().flow())
                .via(consumer(end, Integer.MAX_VALUE))
                .runWith(Sink.ignore(), driver.system())
                .toCompletableFuture();
        int before = round * 10;
        until("frames flow", () -> frames.made() >= before);
        driver.device().receive(BURST);
        driver.device().needReset();
        until("the stream ends", ended::isCompletedExceptionally);
        until("all frames are released", () -> frames.held() == 0);
        driver.stopWithoutATrace();
      }
    }
  }
}
