package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.PATIENCE;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.receptionist.Receptionist;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import virtionet.Ethernet.Closed;
import virtionet.Ethernet.Data;
import virtionet.Ethernet.Event;
import virtionet.Ethernet.LinkChanged;
import virtionet.Ethernet.NotSent;
import virtionet.Ethernet.Opened;
import virtionet.Ethernet.Ready;
import virtionet.Ethernet.Room;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** The service {@code device/ethernet}: clients that find the driver through the Receptionist. */
class EthernetServiceTest {

  private static ActorRef<Ethernet.Command> service(DriverOnModel driver) {
    TestProbe<Receptionist.Listing> probe = TestProbe.create(driver.system());
    driver.system().receptionist().tell(Receptionist.subscribe(Ethernet.SERVICE, probe.ref()));
    while (true) {
      Set<ActorRef<Ethernet.Command>> found =
          probe.receiveMessage(PATIENCE).getServiceInstances(Ethernet.SERVICE);
      if (!found.isEmpty()) {
        return found.iterator().next();
      }
    }
  }

  private static TestProbe<Event> open(DriverOnModel driver, int demand) {
    TestProbe<Event> client = TestProbe.create(driver.system());
    service(driver).tell(new Ethernet.Open(Optional.empty(), client.ref(), demand));
    return client;
  }

  private static Opened opened(TestProbe<Event> client) {
    Opened opened = client.expectMessageClass(Opened.class, PATIENCE);
    assertTrue(client.expectMessageClass(LinkChanged.class, PATIENCE).link().up());
    return opened;
  }

  private static Ethernet.Reply connect(DriverOnModel driver, Optional<String> device) {
    TestProbe<Ethernet.Reply> client = TestProbe.create(driver.system());
    service(driver).tell(new Ethernet.Connect(device, client.ref()));
    return client.receiveMessage(PATIENCE);
  }

  private static String refusal(DriverOnModel driver, Optional<String> device) {
    return assertInstanceOf(Ethernet.Refused.class, connect(driver, device)).reason();
  }

  @Test
  void whoConnectsGetsAStream() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var connected = assertInstanceOf(Ethernet.Connected.class, connect(driver, Optional.empty()));
      var client = driver.client(connected.frames());
      client.connected();
      driver.device().receive(bytes(1, 60));
      assertArrayEquals(bytes(1, 60), client.receive());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void whoAsksForWhatIsNotThereIsRefusedWithWhatThereIs() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      String refusal = refusal(driver, Optional.of("eth0"));
      assertTrue(refusal.contains("no network device eth0"), refusal);
      assertTrue(refusal.contains("[virtio_mmio@10001000]"), refusal);
    }
    try (var driver = DriverOnModel.of()) {
      assertTrue(refusal(driver, Optional.empty()).contains("has no network device"));
    }
    try (var driver = DriverOnModel.of(ModelSettings.modern().withQueueSizeMax(0))) {
      assertTrue(refusal(driver, Optional.empty()).contains("no virtqueue 0"));
    }
  }

  @Test
  void aClientGetsAsManyFramesAsItAskedFor() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      TestProbe<Event> client = open(driver, 2);
      Opened opened = opened(client);
      for (int number = 0; number < 5; number++) {
        driver.device().receive(bytes(number, 60));
      }
      for (int number = 0; number < 2; number++) {
        assertReceived(client, number);
      }
      // Whatever else had been sent would be here before the answer to this.
      driver.device().setLink(false);
      client.expectMessageClass(LinkChanged.class, PATIENCE);
      opened.session().tell(new Ready(3));
      for (int number = 2; number < 5; number++) {
        assertReceived(client, number);
      }
      opened.session().tell(new Ethernet.Leave());
      driver.stopWithoutATrace();
    }
  }

  private static void assertReceived(TestProbe<Event> client, int number) {
    Frame frame = client.expectMessageClass(Data.class, PATIENCE).frame();
    assertArrayEquals(bytes(number, 60), frame.toByteArray());
    frame.release();
  }

  @Test
  void aFrameWithoutRoomComesBackAndRoomIsToldOnceThereIsSome() {
    try (var driver =
        DriverOnModel.with("virtionet.transmit-hand-off = 4", ModelSettings.modern())) {
      TestProbe<Event> client = open(driver, 0);
      ActorRef<Ethernet.Session> session = opened(client).session();
      driver.device().stall();
      var frames = new TestFrames();
      List<Frame> unsent = new ArrayList<>();
      for (int number = 0; number < 40; number++) {
        unsent.add(frames.make(bytes(number, 60)));
      }
      boolean linkUp = true;
      while (!unsent.isEmpty()) {
        unsent.forEach(frame -> session.tell(new Data(frame)));
        linkUp = !linkUp;
        driver.device().setLink(linkUp);
        int before = unsent.size();
        Returned returned = untilLinkChanged(client);
        unsent = returned.frames();
        assertTrue(unsent.size() >= before - 12, "the ring holds 8, the hand-off 4");
        driver.device().transmitNow();
        if (!unsent.isEmpty() && !returned.room()) {
          client.expectMessageClass(Room.class, PATIENCE);
        }
        until(
            "what was taken is sent",
            () -> driver.device().transmitNow() == 0 && inRing(driver) == 0);
      }
      until(
          "all are sent",
          () -> {
            driver.device().transmitNow();
            return frames.held() == 0;
          });
      driver.stopWithoutATrace();
    }
  }

  /** What came back, and whether room was told of after the last of it. */
  private record Returned(List<Frame> frames, boolean room) {}

  /** All that comes before the news of the link, which the session got behind the frames. */
  private static Returned untilLinkChanged(TestProbe<Event> client) {
    List<Frame> back = new ArrayList<>();
    boolean room = false;
    while (true) {
      switch (client.receiveMessage(PATIENCE)) {
        case NotSent refused -> {
          back.add(refused.frame());
          room = false;
        }
        case Room again -> room = true;
        case LinkChanged marker -> {
          return new Returned(back, room);
        }
        default -> throw new AssertionError("neither refused nor taken");
      }
    }
  }

  private static int inRing(DriverOnModel driver) {
    return driver.device().ring(1).waiting();
  }

  @Test
  void aClientThatDiesIsNoticedAndItsPlaceIsFree() {
    try (var driver = DriverOnModel.with("virtionet.client-grace = 60 s", ModelSettings.modern())) {
      TestProbe<Event> first = open(driver, 1000);
      opened(first);
      TestProbe<Event> second = open(driver, 1);
      first.stop();
      opened(second);
      driver.device().receive(bytes(1, 60));
      assertReceived(second, 1);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aSecondClientIsToldWhyItIsRefused() {
    try (var driver =
        DriverOnModel.with("virtionet.client-grace = 10 ms", ModelSettings.modern())) {
      opened(open(driver, 1));
      String reason = open(driver, 1).expectMessageClass(Closed.class, PATIENCE).reason();
      assertTrue(reason.contains("virtionet.clients = broadcast"), reason);
    }
  }

  @Test
  void aClientWithoutDemandIsToldOfTheDevicesEndAsWell() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      TestProbe<Event> client = open(driver, 0);
      opened(client);
      driver.device().needReset();
      String reason = client.expectMessageClass(Closed.class, PATIENCE).reason();
      assertTrue(reason.contains("asks to be reset"), reason);
    }
  }

  @Test
  void aClientThatComesAfterTheDriverHasStoppedIsToldSo() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      ActorRef<Ethernet.Command> service = service(driver);
      await(driver.net().stop());
      TestProbe<Event> client = TestProbe.create(driver.system());
      service.tell(new Ethernet.Open(Optional.empty(), client.ref(), 1));
      client.expectMessageClass(Closed.class, PATIENCE);
    }
  }

  @Test
  void theServiceHasTheNameThatTheSettingsGive() {
    try (var driver =
        DriverOnModel.with("virtionet.service = \"device/other\"", ModelSettings.modern())) {
      TestProbe<Receptionist.Listing> probe = TestProbe.create(driver.system());
      var key = Ethernet.service("device/other");
      driver.system().receptionist().tell(Receptionist.subscribe(key, probe.ref()));
      int found = 0;
      while (found == 0) {
        found = probe.receiveMessage(PATIENCE).getServiceInstances(key).size();
      }
      assertEquals(1, found);
    }
  }
}
