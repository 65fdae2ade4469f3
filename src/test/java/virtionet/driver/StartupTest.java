package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.driver.trace.Work;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Counters;
import virtionet.net.HashLimits;
import virtionet.net.KeptState;
import virtionet.net.Link;
import virtionet.net.MacAddress;
import virtionet.net.TestFrames;
import virtionet.testing.DriverOnModel;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Finding;

/** The startup state alone, with nobody in the places of the two others. */
class StartupTest {
  private static final Duration PATIENCE = DriverOnModel.PATIENCE;

  private final ActorTestKit kit = ActorTestKit.create();

  @AfterEach
  void endTheSystem() {
    kit.shutdownTestKit();
  }

  private DeviceHandle handle() {
    var slot = new Slot("net0", 0x1000, 0x200, OptionalInt.of(1), true);
    var info =
        new DeviceInfo(
            "net0",
            slot,
            new Finding.Device(Finding.Interface.MMIO, 1, 0),
            MacAddress.parse("02:00:00:00:00:01"),
            1500,
            1,
            HashLimits.NONE,
            new FeatureReport(0, 0, List.of()));
    var link = new Link(true, OptionalLong.empty(), Link.Duplex.UNKNOWN);
    var control =
        new DeviceControl(
            kit.<ControlRequest>createTestProbe().ref(),
            kit.scheduler(),
            Duration.ofSeconds(1),
            new Counters());
    return new DeviceHandle(
        info,
        new LinkMonitor(link),
        new DeviceEvents(link, info.mtu(), info.mac()),
        control,
        new KeptState(),
        Optional.empty());
  }

  /**
   * The upstream state may have ended before it heard of the client: nobody else has the frames.
   */
  @Test
  void framesOfAClientThatCameWhileTheDeviceWasLostAreReleased() {
    var settings = TestSettings.of(Duration.ofMinutes(10), 1);
    var counters = new Counters();
    Set<Client> unsent = ConcurrentHashMap.newKeySet();
    var startup = kit.spawn(Startup.create(handle(), counters, unsent, settings));
    TestProbe<Connect.Reply> replies = kit.createTestProbe();
    var client =
        new Client(
            "late",
            kit.createTestProbe().ref(),
            OptionalInt.empty(),
            new HandOff(4),
            new HandOff(4));
    startup.tell(new Connect(Optional.empty(), client, replies.ref(), Work.NONE));
    assertInstanceOf(Connect.Connected.class, replies.receiveMessage(PATIENCE));

    var frames = new TestFrames();
    assertTrue(client.transmit().offer(frames.make(60)));
    assertEquals(Set.of(client), unsent);
    startup.tell(new Startup.DeviceLost("unplugged"));
    replies.expectTerminated(startup, PATIENCE);

    assertEquals(0, frames.held());
    assertEquals(1, counters.get(Counter.TRANSMIT_ABORTED));
    assertTrue(client.receive().isExhausted());
    assertInstanceOf(DeviceLostException.class, client.receive().failure().orElseThrow());
  }
}
