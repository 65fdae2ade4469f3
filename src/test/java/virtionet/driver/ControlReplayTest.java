package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import ch.qos.logback.classic.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.net.Coalescing;
import virtionet.net.CoalescingCommand;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlCommand.SetReceiveMode;
import virtionet.net.HashKey;
import virtionet.net.HashType;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveHashes;
import virtionet.net.ReceiveMode;
import virtionet.net.RssConfig;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** The control state on a device that was reset, one life after another. */
class ControlReplayTest {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");

  private final ActorTestKit kit = ActorTestKit.create();
  private final ModelMachine machine =
      ModelMachine.of(ModelSettings.modern().offering(ModelSettings.CONTROL));
  private final NetDeviceModel model = machine.device(0);
  private final ControlRecord record = new ControlRecord();
  private final TestProbe<Device.Command> parent = kit.createTestProbe();

  @AfterEach
  void endTheSystem() {
    kit.shutdownTestKit();
  }

  private NetDevice bringUp(String... disabled) {
    var registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    var settings = new NetSettings(8, 8, 2048, Duration.ofSeconds(1), Set.of(disabled));
    return NetDevice.bringUp(registers, found, machine.memory(), settings, STATION);
  }

  private DeviceEvents events(NetDevice device) {
    return new DeviceEvents(device.initialLink(), device.mtu(), device.mac());
  }

  private ActorRef<Control.Command> control(NetDevice device, DeviceEvents events) {
    var upstream = kit.<Upstream.Command>createTestProbe().ref();
    return kit.spawn(
        Control.create(
            device,
            new Reports(parent.ref(), 1),
            upstream,
            record,
            events,
            Duration.ofSeconds(10)));
  }

  @Test
  void whatWasSetIsSetAgainOnTheDeviceAfterItsReset() {
    NetDevice first = bringUp();
    var control = control(first, events(first));
    TestProbe<ControlRequest.Reply> replies = kit.createTestProbe();
    for (var command :
        List.of(
            new AddVlan(5),
            new SetReceiveMode(ReceiveMode.PROMISCUOUS, true),
            new SetMacAddress(STATION))) {
      control.tell(new ControlRequest(command, replies.ref()));
      assertInstanceOf(ControlRequest.Done.class, replies.receiveMessage(DriverOnModel.PATIENCE));
    }
    kit.stop(control);
    first.end();
    assertEquals(Set.of(), model.control().vlans(), "forgotten in the reset");

    NetDevice second = bringUp();
    DeviceEvents events = events(second);
    control(second, events);
    DriverOnModel.until("all is told again", () -> model.control().commands().size() == 6);
    assertEquals(
        List.of("01 01 02 00 00 00 00 11", "02 00 05 00", "00 00 01"),
        model.control().commands().subList(3, 6));
    DriverOnModel.until("the address is ours", () -> events.mac().equals(STATION));
    assertEquals(List.of(), model.violations());
  }

  @Test
  void whatTheDeviceRefusesThisTimeIsSaidAndTheRestIsSet() {
    record.add(new AddVlan(5));
    record.add(new SetReceiveMode(ReceiveMode.ALL_MULTICAST, true));
    model.control().reject(2, 0);
    try (var log = new CapturedLog(Level.WARN)) {
      NetDevice device = bringUp();
      control(device, events(device));
      DriverOnModel.until("the rest is set", () -> model.control().mode(1));
      assertEquals(1, log.lines(Level.WARN, "AddVlan[id=5] was not done").size());
    }
  }

  @Test
  void whatIsNotAcceptedThisTimeIsLeftOut() {
    record.add(new AddVlan(5));
    record.add(new SetMacAddress(STATION));
    NetDevice device = bringUp("CTRL_VLAN");
    control(device, events(device));
    DriverOnModel.until("the rest is set", () -> !model.control().commands().isEmpty());
    assertEquals(List.of("01 01 02 00 00 00 00 11"), model.control().commands());
  }

  @Test
  void howTheDeviceWasToldToSteerIsToldAgainInPlaceOfWhatTheSettingsSay() {
    ModelMachine two =
        ModelMachine.of(ModelSettings.modern().withPairs(2).offering(ModelSettings.RSS));
    var types = Set.of(HashType.UDPV4);
    var rss = new RssConfig(types, 0, List.of(0, 1, 1, 1), 2, HashKey.of(new byte[] {7}));
    record.add(new SetQueuePairs(2));
    record.add(rss);
    var registers = two.access(two.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    var settings =
        new NetSettings(8, 8, 2048, Duration.ofSeconds(1), Set.of())
            .withQueuePairs(2)
            .withReceiveHashes(new ReceiveHashes(true, false));
    NetDevice device = NetDevice.bringUp(registers, found, two.memory(), settings, STATION);
    assertEquals(List.of(rss), FirstCommands.of(device, record.state()));
    assertEquals(
        List.of(new SetQueuePairs(1)),
        FirstCommands.of(device, record.state().with(new SetQueuePairs(1))));
    device.end();
    assertEquals(List.of(), two.device(0).violations());
  }

  @Test
  void howTransmitInterruptsAreGatheredIsSaidUnlessACommandHasSaidIt() {
    ModelMachine gathering =
        ModelMachine.of(
            ModelSettings.modern().offering(ModelSettings.CONTROL | ModelSettings.NOTF_COAL));
    var registers = gathering.access(gathering.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    var settings = new NetSettings(8, 8, 2048, Duration.ofSeconds(1), Set.of());
    NetDevice device = NetDevice.bringUp(registers, found, gathering.memory(), settings, STATION);
    assertEquals(
        List.of(new CoalescingCommand.SetTransmit(new Coalescing(2, 100))),
        FirstCommands.of(device, record.state()));
    var own = new CoalescingCommand.SetTransmit(new Coalescing(0, 0));
    assertEquals(List.of(own), FirstCommands.of(device, record.state().with(own)));
    device.end();
    assertEquals(List.of(), gathering.device(0).violations());
  }

  @Test
  void aRingThatTheDeviceBreaksIsToldToTheParentAndWhoeverWaits() {
    NetDevice device = bringUp();
    var control = control(device, events(device));
    model.stallControl();
    TestProbe<ControlRequest.Reply> replies = kit.createTestProbe();
    control.tell(new ControlRequest(new AddVlan(5), replies.ref()));
    DriverOnModel.until("the command is there", () -> model.waiting(2) == 1);
    model.ring(2).rawUse(77, 1);
    control.tell(new Control.Used());
    var broken =
        assertInstanceOf(Device.Broken.class, parent.receiveMessage(DriverOnModel.PATIENCE));
    assertTrue(broken.fault().reason().contains("virtqueue 2"), broken.fault().reason());
    control.tell(new Control.End(ControlException.Kind.RECOVERING, "it is reset"));
    var failed =
        assertInstanceOf(
            ControlRequest.Failed.class, replies.receiveMessage(DriverOnModel.PATIENCE));
    assertEquals(ControlException.Kind.RECOVERING, failed.reason().kind());
  }
}
