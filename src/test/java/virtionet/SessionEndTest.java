package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.PATIENCE;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Props;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.driver.Client;
import virtionet.driver.Connect;
import virtionet.driver.Device;
import virtionet.driver.DeviceLostException;
import virtionet.driver.VirtioNetDriver;
import virtionet.net.TestFrames;
import virtionet.stream.StreamSettings;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** How a session by messages ends, with a test in the driver's place. */
class SessionEndTest {
  private final DriverOnModel model = DriverOnModel.of(ModelSettings.modern());
  private final TestProbe<VirtioNetDriver.Command> driver = TestProbe.create(model.system());
  private final TestProbe<Ethernet.Event> client = TestProbe.create(model.system());
  private final TestFrames frames = new TestFrames();

  @AfterEach
  void endTheSystem() {
    model.close();
  }

  private record Opened(ActorRef<Ethernet.Session> session, Client asClient) {
    void send(TestFrames frames) {
      session.tell(new Ethernet.Data(frames.make(60)));
    }

    void lose() {
      asClient.receive().fail(new DeviceLostException("unplugged"));
    }
  }

  private Opened open(int demand) {
    ActorRef<Ethernet.Session> session =
        model
            .system()
            .systemActorOf(
                EthernetSession.create(
                    new Ethernet.Open(Optional.empty(), client.ref(), demand),
                    driver.ref(),
                    new StreamSettings(8, 1, 4, PATIENCE)),
                "session",
                Props.empty());
    Connect connect = driver.expectMessageClass(Connect.class, PATIENCE);
    var up = assertInstanceOf(Device.Up.class, await(model.net().devices()).getFirst());
    connect.replyTo().tell(new Connect.Connected(up.device()));
    client.expectMessageClass(Ethernet.Opened.class, PATIENCE);
    client.expectMessageClass(Ethernet.LinkChanged.class, PATIENCE);
    return new Opened(session, connect.client());
  }

  private String closed() {
    return client.expectMessageClass(Ethernet.Closed.class, PATIENCE).reason();
  }

  private void assertLateFramesAreReleased(Opened opened) {
    int before = frames.made();
    opened.send(frames);
    opened.send(frames);
    until("late frames are released", () -> frames.released() == before + 2);
  }

  @Test
  void aClientThatOnlySendsHearsOfALostDeviceAlthoughFramesWaitForIt() {
    Opened opened = open(0);
    opened.asClient().receive().offer(frames.make(60));
    opened.asClient().receive().wake();
    opened.lose();
    assertEquals("unplugged", closed());
    until("what waited is released", () -> frames.held() == 0);
  }

  @Test
  void aClientWhoseDemandIsMetHearsOfALostDeviceAsWell() {
    Opened opened = open(1);
    opened.asClient().receive().offer(frames.make(60));
    opened.asClient().receive().offer(frames.make(60));
    opened.asClient().receive().wake();
    client.expectMessageClass(Ethernet.Data.class, PATIENCE);
    opened.lose();
    assertEquals("unplugged", closed());
    until("all is released", () -> frames.held() == 0);
  }

  @Test
  void noRoomIsPromisedOnALostDevice() {
    Opened opened = open(0);
    opened.asClient().transmit().close();
    opened.send(frames);
    client.expectMessageClass(Ethernet.NotSent.class, PATIENCE).frame().release();
    opened.lose();
    assertEquals("unplugged", closed());
  }

  @Test
  void aClientThatWaitsForRoomIsNotToldOfRoomByTheLoss() {
    Opened opened = open(0);
    opened.send(frames);
    opened.send(frames);
    client.expectMessageClass(Ethernet.NotSent.class, PATIENCE).frame().release();
    opened.asClient().transmit().close();
    opened.lose();
    assertEquals("unplugged", closed());
    assertEquals(0, frames.held());
  }

  @Test
  void thePlaceOfAClientThatLeavesIsFreeAtOnceAndItsLateFramesAreReleased() {
    Opened opened = open(1);
    opened.session().tell(new Ethernet.Leave());
    opened.send(frames);
    driver.expectTerminated(opened.asClient().actor(), PATIENCE);
    until("the frame behind the leave is released", () -> frames.held() == 0);
    assertLateFramesAreReleased(opened);
    assertTrue(opened.asClient().receive().isClosed());
  }

  @Test
  void framesOnTheirWayToAClosedSessionAreReleased() {
    Opened opened = open(1);
    opened.lose();
    closed();
    assertLateFramesAreReleased(opened);
  }

  @Test
  void framesOfAClientThatDiedAreReleased() {
    Opened opened = open(1);
    client.stop();
    driver.expectTerminated(opened.asClient().actor(), PATIENCE);
    assertLateFramesAreReleased(opened);
  }
}
