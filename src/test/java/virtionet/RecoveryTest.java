package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.Device;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceLostException;
import virtionet.driver.Fault;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.testing.WatchedRegisters;

/** A device that cannot go on is started again, and its clients' streams go on. */
class RecoveryTest {
  private static final int DRIVER_OK = 4;
  private static final int INTERRUPT_STATUS = 0x060;

  private static final String RECOVERS =
      """
      virtionet.recovery { max-restarts = 5, min-backoff = 10 ms, max-backoff = 40 ms }
      virtionet.transmit-timeout = 400 ms
      virtionet.health-interval = 50 ms
      """;

  /** Long enough for the ring to be full first, on a busy machine as well. */
  private static final String RECOVERS_LATER = RECOVERS + "virtionet.transmit-timeout = 2 s\n";

  private static List<DeviceEvent> events(DriverOnModel driver, DriverOnModel.Client client) {
    var events = new CopyOnWriteArrayList<DeviceEvent>();
    client.connected().events().runWith(Sink.foreach(events::add), driver.system());
    return events;
  }

  private static <T extends DeviceEvent> List<T> of(List<DeviceEvent> events, Class<T> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static void assertCarriesFrames(DriverOnModel driver, DriverOnModel.Client client) {
    driver.device().takeTransmitted();
    for (int number = 1; number <= 20; number++) {
      byte[] frame = bytes(number, 60 + number);
      client.in().sendNext(Frame.wrap(frame));
      List<byte[]> sent = new ArrayList<>();
      until(
          "it is sent",
          () -> {
            sent.addAll(driver.device().takeTransmitted());
            return !sent.isEmpty();
          });
      assertArrayEquals(frame, sent.getFirst());
      driver.device().receive(frame);
      assertArrayEquals(frame, client.receive());
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        fault(Fault.Kind.NEEDS_RESET, driver -> driver.device().needReset()),
        fault(
            Fault.Kind.STOPPED,
            driver -> {
              // An acknowledgement that is on its way would be one of nothing.
              until("no interrupt is pending", () -> driver.device().read32(INTERRUPT_STATUS) == 0);
              driver.device().forget();
            }),
        fault(
            Fault.Kind.RING_VIOLATION,
            driver -> {
              driver.device().ring(0).rawUse(7000, 60);
              driver.device().raise(1);
            }),
        fault(
            Fault.Kind.RING_VIOLATION,
            driver -> {
              driver.device().ring(1).rawUse(1, 0);
              driver.device().raise(1);
            }));
  }

  private static Arguments fault(Fault.Kind kind, Consumer<DriverOnModel> how) {
    return Arguments.of(kind, how);
  }

  @ParameterizedTest
  @MethodSource("faults")
  @Requirement("STS-IMP-01")
  @Misbehaviour({"H13", "H15", "H40", "H42"})
  void streamsStayAndCarryFramesAfterAFault(Fault.Kind kind, Consumer<DriverOnModel> how) {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      assertCarriesFrames(driver, client);
      for (int time = 1; time <= 3; time++) {
        int times = time;
        how.accept(driver);
        until("it is up again", () -> of(events, DeviceEvent.Recovered.class).size() == times);
        assertCarriesFrames(driver, client);
      }
      assertEquals(kind, of(events, DeviceEvent.Recovering.class).getFirst().fault().kind());
      assertEquals(3, client.count(Counter.FAULTS));
      assertEquals(3, client.count(Counter.RECOVERIES));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H53")
  void framesInFlightAreAbortedAndThoseThatWaitAreSentOnce() {
    try (var driver = DriverOnModel.with(RECOVERS_LATER, ModelSettings.modern())) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      driver.device().stallUntilReset();
      var frames = new TestFrames();
      for (int number = 0; number < 20; number++) {
        client.in().sendNext(frames.make(bytes(number, 60)));
      }
      until("the ring is full", () -> frames.made() == 20 && frames.held() == 12);
      until("it is up again", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      until("all is sent", () -> frames.held() == 0);
      assertEquals(8, of(events, DeviceEvent.Recovered.class).getFirst().abortedFrames());
      assertEquals(8, client.count(Counter.TRANSMIT_ABORTED));
      until("the rest is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 12);
      List<byte[]> sent = driver.device().takeTransmitted();
      assertEquals(12, sent.size());
      for (int i = 0; i < 12; i++) {
        assertArrayEquals(bytes(8 + i, 60), sent.get(i));
      }
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFrameThatIsHeldOverAResetStaysAsItWasAndItsBufferComesBack() {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      driver.device().receive(bytes(7, 100));
      Frame held = client.out().requestNext();
      driver.device().needReset();
      until("it is up again", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      assertCarriesFrames(driver, client);
      assertArrayEquals(bytes(7, 100), held.toByteArray());
      held.release();
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H16")
  void aDeviceThatAsksForAResetEachTimeIsGivenUpAndCanBeRestarted() {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      Throwable lost = client.error();
      assertInstanceOf(DeviceLostException.class, lost);
      until("its end is told", () -> of(events, DeviceEvent.GivenUp.class).size() == 1);
      assertTrue(driver.failure().contains("asks for a reset"), driver.failure());
      String name = client.connected().name();
      assertInstanceOf(DeviceLostException.class, failureOf(driver.net().restart(name)));

      driver.device().needResetAtEachStart(false);
      await(driver.net().restart(name));
      var next = driver.connected();
      assertCarriesFrames(driver, next);
      next.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aDeviceThatIsUpIsRestartedOnDemandWhileItsStreamsStay() {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      var client = driver.connected();
      await(driver.net().restart(client.connected().name()));
      assertCarriesFrames(driver, client);
      assertEquals(1, client.count(Counter.RECOVERIES));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void anActorThatFailsIsReplacedWhileStreamsStay() {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    var faulty = new AtomicLong(-1);
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            return new WatchedRegisters(
                super.access(slot),
                (offset, write) -> {
                  if (faulty.compareAndSet(offset, -1)) {
                    throw new IllegalStateException("a bug");
                  }
                });
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, RECOVERS)) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      faulty.set(0x050);
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("it is up again", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      assertCarriesFrames(driver, client);
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aMachineThatIsLostIsOpenedAgainWhileStreamsStay() {
    ModelMachine first = ModelMachine.of(ModelSettings.modern());
    ModelMachine second = ModelMachine.of(ModelSettings.modern());
    var current = new AtomicReference<Machine>(first);
    var failures = new AtomicLong(2);
    try (var driver =
        DriverOnModel.on(
            second,
            () -> {
              if (current.get() == second && failures.getAndDecrement() > 0) {
                throw new MachineException("no QEMU today");
              }
              return current.get();
            },
            RECOVERS)) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      // The machine is lost in a life that is not the first.
      first.device(0).needReset();
      until("it is up again", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      first.device(0).receive(bytes(1, 80));
      Frame held = client.out().requestNext();
      current.set(second);
      first.lose("killed");
      until("it is up again", () -> of(events, DeviceEvent.Recovered.class).size() == 2);
      assertCarriesFrames(driver, client);
      assertArrayEquals(bytes(1, 80), held.toByteArray());
      held.release();
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  /** Machines with two devices, of which the first one's actor hangs when it is told to. */
  private static final class Hanging extends DelegatingMachine {
    private static final int STATUS = 0x070;

    private final CountDownLatch hangs = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean wanted;

    Hanging() {
      super(ModelMachine.of(ModelSettings.modern(), ModelSettings.modern()));
    }

    @Override
    public Registers access(Slot slot) {
      boolean first = slots(Set.of("virtio,mmio")).getFirst().equals(slot);
      return new WatchedRegisters(
          super.access(slot),
          (offset, write) -> {
            if (first && wanted && offset == STATUS && !write) {
              hangs.countDown();
              uninterruptibly(released);
            }
          });
    }

    void hang() {
      wanted = true;
      uninterruptibly(hangs);
    }

    void release() {
      wanted = false;
      released.countDown();
    }

    private static void uninterruptibly(CountDownLatch latch) {
      try {
        assertTrue(latch.await(30, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static final String SHORT_OF_PATIENCE = RECOVERS + "virtionet.control-timeout = 100 ms\n";

  @Test
  void aDeviceThatHangsKeepsTheOthersFromAnotherMachineForABoundedTimeAndFollows() {
    var first = new Hanging();
    ModelMachine second = ModelMachine.of(ModelSettings.modern(), ModelSettings.modern());
    var current = new AtomicReference<Machine>(first);
    try (var driver = DriverOnModel.on(second, current::get, SHORT_OF_PATIENCE)) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      first.hang();
      try {
        current.set(second);
        first.model().lose("killed");
        until("the other one is up", () -> (second.device(1).status() & DRIVER_OK) != 0);
        assertTrue(first.model().isClosed());
        assertEquals(0, second.device(0).status());
      } finally {
        first.release();
      }
      until("it follows", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      assertCarriesFrames(driver, client);
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aDeviceThatHungWhileTheMachineWasGivenUpTellsItsClientsInTheEnd() {
    var machine = new Hanging();
    var opened = new AtomicLong();
    try (var driver =
        DriverOnModel.on(
            machine.model(),
            () -> {
              if (opened.incrementAndGet() > 1) {
                throw new MachineException("no QEMU any more");
              }
              return machine;
            },
            SHORT_OF_PATIENCE)) {
      var client = driver.connected();
      machine.hang();
      try {
        machine.model().lose("killed");
        until("it is given up", () -> opened.get() == 6);
      } finally {
        machine.release();
      }
      assertInstanceOf(DeviceLostException.class, client.error());
    }
  }

  @Test
  void whoeverAsksWhileItRecoversIsToldSoAndConnectsWhenItIsUp() {
    try (var driver =
        DriverOnModel.with(
            RECOVERS + "virtionet.recovery { min-backoff = 1 m, max-backoff = 1 m }",
            ModelSettings.modern())) {
      var client = driver.connected();
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      until(
          "it is described as recovering",
          () -> await(driver.net().devices()).getFirst() instanceof Device.Recovering);
      client.leave();
      var late = driver.connected();
      driver.device().needResetAtEachStart(false);
      await(driver.net().restart(late.connected().name()));
      assertCarriesFrames(driver, late);
    }
  }

  @Test
  void aDeviceThatNeverSendsIsGivenUpThoughEachStallTakesLongToShow() {
    try (var driver =
        DriverOnModel.with(
            """
            virtionet.recovery { max-restarts = 3, min-backoff = 1 ms, reset-backoff-after = 10 ms }
            virtionet.transmit-timeout = 100 ms
            """,
            ModelSettings.modern())) {
      driver.device().stall();
      var client = driver.connected();
      for (int number = 0; number < 100; number++) {
        client.in().sendNext(Frame.wrap(bytes(number, 60)));
      }
      Throwable lost = client.error();
      assertTrue(String.valueOf(lost.getMessage()).contains("transmit-timeout"), lost::toString);
      assertTrue(driver.failure().contains("transmit-timeout"), driver.failure());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void controlCommandsAreToldThatItRecoversAndWhatWasSetIsSetAgain() {
    ModelSettings offer = ModelSettings.modern().offering(ModelSettings.CONTROL);
    try (var driver = DriverOnModel.with(RECOVERS, offer)) {
      var client = driver.connected();
      List<DeviceEvent> events = events(driver, client);
      await(client.connected().control().addVlan(5));
      driver.device().needReset();
      until("it is up again", () -> !of(events, DeviceEvent.Recovered.class).isEmpty());
      until("it is told again", () -> driver.device().control().vlans().contains(5));
      await(client.connected().control().addVlan(6));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aTransmitQueueThatStallsIsResetAloneWhereTheDeviceAllowsIt() {
    ModelSettings offer = ModelSettings.modern().offering(ModelSettings.RING_RESET);
    try (var driver = DriverOnModel.with(RECOVERS_LATER, offer)) {
      var client = driver.connected();
      driver.device().stallUntilReset();
      for (int number = 0; number < 12; number++) {
        client.in().sendNext(Frame.wrap(bytes(number, 60)));
      }
      until("the rest is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 4);
      assertEquals(8, client.count(Counter.TRANSMIT_ABORTED));
      assertEquals(1, client.count(Counter.QUEUE_RESTARTS));
      assertEquals(0, client.count(Counter.FAULTS), "the device was not reset");
      assertCarriesFrames(driver, client);
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ModelSettings.Fault.class,
      names = {"LACKS_QUEUE_RESET", "QUEUE_NEVER_RESETS"})
  void aQueueThatCannotBeResetAloneTakesTheWholeDevice(ModelSettings.Fault lies) {
    ModelSettings offer = ModelSettings.modern().offering(ModelSettings.RING_RESET).with(lies);
    try (var driver = DriverOnModel.with(RECOVERS, offer)) {
      var client = driver.connected();
      driver.device().stallUntilReset();
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("it is up again", () -> client.count(Counter.RECOVERIES) == 1);
      assertEquals(1, client.count(Counter.TRANSMIT_ABORTED));
      assertCarriesFrames(driver, client);
    }
  }
}
