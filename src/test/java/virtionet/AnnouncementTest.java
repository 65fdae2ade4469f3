package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.Done;
import akka.actor.DeadLetter;
import akka.actor.WrappedMessage;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Props;
import akka.actor.typed.eventstream.EventStream;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import ch.qos.logback.classic.Level;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtionet.driver.Device;
import virtionet.driver.DeviceControl;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvent.AnnouncementAsked;
import virtionet.driver.DeviceHandle;
import virtionet.net.Counter;
import virtionet.stream.EthernetConnection;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Ipv4Interface;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelControl;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** A device that wants its station announced, as after a move to another host. */
class AnnouncementTest {
  private static final ModelSettings DEVICE =
      ModelSettings.modern().offering(ModelSettings.CONTROL);
  private static final long PAUSE_MILLIS = 50;

  private static DeviceHandle handle(DriverOnModel driver) {
    List<Device.Description> devices = DriverOnModel.await(driver.net().devices());
    return assertInstanceOf(Device.Up.class, devices.getFirst()).device();
  }

  private static void untilAcknowledged(DriverOnModel driver, int times) {
    DriverOnModel.until(
        times + " acknowledged", () -> driver.device().control().announcements() == times);
  }

  @Test
  @Requirement({"CVQANN-DRV-01", "CVQANN-DRV-02"})
  void subscribersAreToldAndTheDeviceHasItsAnswerOnceEachTime() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      TestSubscriber.Probe<DeviceEvent> events =
          EthernetConnection.of(handle(driver))
              .events()
              .runWith(TestSink.create(driver.system()), driver.system());
      events.request(100);
      for (int i = 0; i < 3; i++) {
        events.expectNextN(1);
      }
      for (int times = 1; times <= 3; times++) {
        driver.device().announce();
        assertInstanceOf(AnnouncementAsked.class, events.expectNext());
        untilAcknowledged(driver, times);
      }
      assertEquals(List.of("03 00", "03 00", "03 00"), driver.device().control().commands());
      assertEquals(3, handle(driver).counters().get(Counter.ANNOUNCEMENTS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement("CVQANN-DRV-01")
  void theAnswerComesWhenAllHaveAnnounced() {
    try (var driver = DriverOnModel.with("virtionet.control-timeout = 1 h", DEVICE)) {
      var first = new CompletableFuture<Void>();
      var second = new CompletableFuture<Void>();
      var asked = new AtomicInteger();
      for (var announcing : List.of(first, second)) {
        handle(driver)
            .control()
            .announceBy(
                () -> {
                  asked.incrementAndGet();
                  return announcing;
                });
      }
      driver.device().announce();
      DriverOnModel.until("both are asked", () -> asked.get() == 2);
      first.complete(null);
      DriverOnModel.await(handle(driver).control().promiscuous(true));
      assertEquals(0, driver.device().control().announcements());
      second.complete(null);
      untilAcknowledged(driver, 1);
    }
  }

  @Test
  void whoeverFailsOrNeverEndsHoldsTheAnswerUpNoLongerThanTheTimeout() {
    try (var log = new CapturedLog(Level.WARN);
        var driver = DriverOnModel.with("virtionet.control-timeout = 100 ms", DEVICE)) {
      var control = handle(driver).control();
      control.announceBy(
          () -> {
            throw new IllegalStateException("no voice");
          });
      control.announceBy(() -> CompletableFuture.failedStage(new IllegalStateException("hoarse")));
      control.announceBy(CompletableFuture::new);
      driver.device().announce();
      untilAcknowledged(driver, 1);
      assertEquals(1, log.lines(Level.WARN, "no voice").size());
      assertEquals(1, log.lines(Level.WARN, "hoarse").size());
    }
  }

  @Test
  void whoeverHasStoppedIsNotAsked() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      DeviceControl.Announcer announcer =
          () -> {
            throw new AssertionError("asked");
          };
      handle(driver).control().announceBy(announcer);
      handle(driver).control().stopAnnouncingBy(announcer);
      driver.device().announce();
      untilAcknowledged(driver, 1);
    }
  }

  /** Akka logs dead letters, but cannot do so with one that has no content. */
  @Test
  void oneThatOutlivesItsDeviceIsADeadLetterWithAContent() {
    try (var driver = DriverOnModel.with("virtionet.control-timeout = 1 h", DEVICE)) {
      var announcing = new CompletableFuture<Void>();
      var asked = new AtomicInteger();
      handle(driver)
          .control()
          .announceBy(
              () -> {
                asked.incrementAndGet();
                return announcing;
              });
      driver.device().announce();
      DriverOnModel.until("asked", () -> asked.get() == 1);
      List<Optional<Object>> contents = new CopyOnWriteArrayList<>();
      DriverOnModel.await(driver.net().stop());
      subscribe(driver, contents);
      announcing.complete(null);
      DriverOnModel.until(
          "it is among the dead letters", () -> contents.contains(Optional.of(Done.getInstance())));
    }
  }

  /** Returns once what is in the wrappers of dead letters is listed. */
  private static void subscribe(DriverOnModel driver, List<Optional<Object>> contents) {
    var heard = new AtomicBoolean();
    ActorRef<DeadLetter> listener =
        driver
            .system()
            .systemActorOf(
                Behaviors.<DeadLetter>receiveMessage(
                    letter -> {
                      if (letter.message() instanceof WrappedMessage wrapped) {
                        contents.add(Optional.ofNullable(wrapped.message()));
                      } else {
                        heard.set(true);
                      }
                      return Behaviors.same();
                    }),
                "dead-letters",
                Props.empty());
    driver.system().eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, listener));
    DriverOnModel.until(
        "dead letters are heard",
        () -> {
          driver.system().deadLetters().tell("one");
          return heard.get();
        });
  }

  @Test
  void whatWasAskedForBeforeTheStartIsDone() {
    ModelMachine machine = ModelMachine.of(DEVICE);
    machine.device(0).control().announceForEver();
    try (var driver = DriverOnModel.on(machine, () -> machine, "")) {
      handle(driver);
      DriverOnModel.until("acknowledged", () -> machine.device(0).control().announcements() == 1);
    }
  }

  /** One at a time, with a pause between, however often it asks. */
  @Test
  @Misbehaviour("H124")
  void aDeviceThatAsksForEverIsAnsweredAtAModestRate() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      handle(driver);
      ModelControl device = driver.device().control();
      device.announceForEver();
      long start = System.nanoTime();
      DriverOnModel.until(
          "three answers",
          () -> {
            driver.device().announce();
            return device.announcements() >= 3;
          });
      int answers = device.announcements();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertTrue(answers <= millis / PAUSE_MILLIS + 1, answers + " in " + millis + " ms");
    }
  }

  @Test
  @Requirement("CVQANN-DRV-02")
  void withoutTheFeatureNothingIsAnswered() {
    try (var driver =
        DriverOnModel.with("virtionet.disabled-features = [GUEST_ANNOUNCE]", DEVICE)) {
      DeviceHandle handle = handle(driver);
      driver.device().announce();
      driver.device().setLink(false);
      DriverOnModel.until("the change is seen", () -> !handle.events().link().up());
      DriverOnModel.await(handle.control().promiscuous(true));
      assertEquals(List.of("00 00 01"), driver.device().control().commands());
    }
  }

  @Test
  @Requirement("CVQANN-DRV-01")
  void theTcpIpFlowAnnouncesItsAddressByArpBeforeTheDeviceIsAnswered() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      DeviceHandle handle = handle(driver);
      try (TcpIp stack =
          TcpIp.start(
              driver.system(),
              driver.net().flow(),
              TcpIpSettings.of(handle.events().mac(), handle.events().mtu()))) {
        DriverOnModel.await(stack.configure(Ipv4Interface.of(Ipv4Address.parse("10.0.0.2"), 24)));
        handle.control().announceBy(stack::announce);
        DriverOnModel.until(
            "announced by itself", () -> !driver.device().takeTransmitted().isEmpty());
        driver.device().announce();
        DriverOnModel.until(
            "a gratuitous ARP",
            () -> driver.device().takeTransmitted().stream().anyMatch(AnnouncementTest::isOurArp));
        untilAcknowledged(driver, 1);
      }
    }
  }

  private static boolean isOurArp(byte[] frame) {
    boolean toAll = frame[0] == -1 && frame[5] == -1;
    boolean arp = frame[12] == 0x08 && frame[13] == 0x06;
    // Sender and target are both 10.0.0.2.
    return toAll && arp && frame[28] == 10 && frame[31] == 2 && frame[38] == 10 && frame[41] == 2;
  }
}
