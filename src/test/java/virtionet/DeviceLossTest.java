package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.DeviceLostException;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Frame;
import virtionet.net.Link;
import virtionet.net.TestFrames;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.WatchedRegisters;

/** What comes of clients when their device works no more. */
class DeviceLossTest {
  private static final int INTERRUPT_STATUS = 0x060;
  private static final int QUEUE_NOTIFY = 0x050;

  private static void assertLost(DriverOnModel driver, Throwable failure, String why) {
    assertInstanceOf(DeviceLostException.class, failure);
    assertTrue(String.valueOf(failure.getMessage()).contains(why), failure.getMessage());
    until("it is described as failed", () -> driver.failure().contains(why));
    Throwable refused = failureOf(driver.client().connection());
    assertInstanceOf(ConnectionRefusedException.class, refused);
    assertTrue(String.valueOf(refused.getMessage()).contains(why), refused.getMessage());
  }

  static Stream<Arguments> waysToBreak() {
    return Stream.of(
        Arguments.of("asks to be reset", breaking(driver -> driver.device().needReset())),
        Arguments.of(
            "model unplugged", breaking(driver -> driver.machine().lose("model unplugged"))),
        Arguments.of(
            "virtqueue 0: ",
            breaking(
                driver -> {
                  driver.device().ring(0).rawUse(7000, 60);
                  driver.device().raise(1);
                })),
        Arguments.of(
            "virtqueue 1: ",
            breaking(
                driver -> {
                  driver.device().ring(1).rawUse(1, 0);
                  driver.device().raise(1);
                })));
  }

  private static Consumer<DriverOnModel> breaking(Consumer<DriverOnModel> how) {
    return how;
  }

  @ParameterizedTest
  @MethodSource("waysToBreak")
  void streamsFailWithTheReasonAndTheDeviceIsDescribedAsFailed(
      String why, Consumer<DriverOnModel> how) {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      how.accept(driver);
      assertLost(driver, client.error(), why);
      assertEquals(0, driver.device().status(), "reset");
      until("memory is back", () -> driver.memory().available() == 32 << 20);
    }
  }

  @Test
  @Misbehaviour("H05")
  void aDeviceThatIsGoneHasItsMemoryWithdrawn() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      driver.device().vanish();
      driver.device().raise(2);
      assertLost(driver, client.error(), "the device is gone");
      until("memory is withdrawn", () -> driver.memory().quarantined() > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {INTERRUPT_STATUS, QUEUE_NOTIFY})
  void anActorOfTheDeviceThatFailsEndsInAResetAndClientsAreTold(int register) {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    var faulty = new AtomicLong(-1);
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            return new WatchedRegisters(
                super.access(slot),
                (offset, write) -> {
                  if (offset == faulty.get()) {
                    throw new IllegalStateException("a bug");
                  }
                });
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, "")) {
      var client = driver.connected();
      faulty.set(register);
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      model.device(0).raise(1);
      assertLost(driver, client.error(), "a bug");
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aLineThatCanBeHeardNoMoreIsTheEndOfTheDevice() {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    var deaf = new AtomicBoolean();
    var machine =
        new DelegatingMachine(model) {
          @Override
          public InterruptLine interruptLine(Slot slot) {
            return deafened(super.interruptLine(slot), deaf);
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, "")) {
      var client = driver.connected();
      deaf.set(true);
      model.device(0).raise(1);
      assertLost(driver, client.error(), "read /dev/uio0: error 5");
      driver.stopWithoutATrace();
    }
  }

  private static InterruptLine deafened(InterruptLine line, AtomicBoolean deaf) {
    return new InterruptLine() {
      @Override
      public Wakeup await(Duration timeout) throws InterruptedException {
        Wakeup wakeup = line.await(timeout);
        if (deaf.get()) {
          throw new MachineException("read /dev/uio0: error 5");
        }
        return wakeup;
      }

      @Override
      public void enable() {
        line.enable();
      }

      @Override
      public void close() {
        line.close();
      }
    };
  }

  @Test
  void aStreamThatIsNotReadFailsNevertheless() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var termination =
          Source.<Frame>maybe()
              .viaMat(driver.net().flow(), Keep.right())
              .watchTermination(Keep.both())
              .toMat(TestSink.create(driver.system()), Keep.left())
              .run(driver.system());
      await(termination.first());
      driver.device().needReset();
      assertInstanceOf(DeviceLostException.class, failureOf(termination.second()));
    }
  }

  @Test
  void aSinkWhoseFramesAreLostWithTheDeviceFails() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.device().stall();
      var frames = new TestFrames();
      var end =
          Source.range(1, 20)
              .map(number -> frames.make(bytes(number, 60)))
              .runWith(driver.net().sink(), driver.system());
      until("the ring is full", () -> frames.made() == 20 && frames.held() == 12);
      driver.device().needReset();
      assertInstanceOf(DeviceLostException.class, failureOf(end));
      until("no frame is held", () -> frames.held() == 0);
    }
  }

  @Test
  void theLinkCompletesForThoseWhoWatchAndForThoseWhoComeTooLate() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var connection = driver.connected().connected();
      var early = connection.links().runWith(TestSink.create(driver.system()), driver.system());
      assertTrue(early.requestNext().up());
      driver.device().setLink(false);
      Link down = early.requestNext();
      assertEquals(down, connection.link());
      driver.device().needReset();
      early.request(1);
      early.expectComplete();
      var late = connection.links().runWith(Sink.seq(), driver.system());
      assertEquals(List.of(down), await(late));
    }
  }

  @Test
  void theDriverAnswersInBoundedTimeOrTheStreamSaysWhichSettingWasExceeded() {
    var opened = new CountDownLatch(1);
    try (var driver = openedLater(opened, "virtionet.connect-timeout = 50 ms")) {
      Throwable failure = failureOf(driver.client().connection());
      assertInstanceOf(ConnectionRefusedException.class, failure);
      assertTrue(String.valueOf(failure.getMessage()).contains("virtionet.connect-timeout"));
      opened.countDown();
    } finally {
      opened.countDown();
    }
  }

  @Test
  void aStreamThatCameAfterTheOrderToStopIsToldSoAtOnce() {
    var opened = new CountDownLatch(1);
    try (var driver = openedLater(opened, "virtionet.connect-timeout = 10 m")) {
      var stopped = driver.net().stop();
      var again = driver.net().stop();
      var late = driver.client();
      opened.countDown();
      await(stopped);
      await(again);
      Throwable failure = failureOf(late.connection());
      assertTrue(
          String.valueOf(failure.getMessage()).contains("has stopped"), failure.getMessage());
      assertInstanceOf(
          ConnectionRefusedException.class, failureOf(driver.client().connection()), "later");
    } finally {
      opened.countDown();
    }
  }

  /** A driver whose machine is opened when the test lets it. */
  private static DriverOnModel openedLater(CountDownLatch opened, String settings) {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    return DriverOnModel.on(
        model,
        () -> {
          waitFor(opened);
          return model;
        },
        settings);
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aClientThatWaitsForAPlaceIsToldWhenTheDriverStops() {
    try (var driver = DriverOnModel.with("virtionet.client-grace = 10 m", ModelSettings.modern())) {
      var first = driver.connected();
      var waiting = driver.client();
      await(driver.net().devices());
      await(driver.net().stop());
      assertInstanceOf(DeviceLostException.class, first.error());
      assertInstanceOf(ConnectionRefusedException.class, failureOf(waiting.connection()));
    }
  }
}
