package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.BehaviorTestKit;
import akka.actor.testkit.typed.javadsl.TestInbox;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import virtionet.driver.trace.Work;
import virtionet.machine.Registers;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** Actors that have more to do than one turn allows tell themselves so once, however busy. */
class TurnTakingTest {
  private final ModelMachine machine = ModelMachine.of(ModelSettings.modern());
  private final NetDeviceModel model = machine.device(0);
  private final NetDevice device = bringUp();
  private final TestInbox<Device.Command> parent = TestInbox.create("device");
  private final TestInbox<Upstream.Command> upstream = TestInbox.create("upstream");

  private NetDevice bringUp() {
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    return NetDevice.bringUp(
        registers,
        found,
        machine.memory(),
        NetSettings.defaults(),
        MacAddress.parse("02:00:00:00:00:01"));
  }

  private BehaviorTestKit<Interrupt.Command> interrupt(int budget) {
    return BehaviorTestKit.create(
        Interrupt.create(
            device,
            model.line(),
            new Reports(parent.getRef(), 1),
            upstream.getRef(),
            new DeviceEvents(device.initialLink(), device.mtu(), device.mac()),
            new BusyPoll(device, Duration.ZERO),
            TestSettings.of(Duration.ZERO, budget)));
  }

  private static <T> List<T> continuations(BehaviorTestKit<T> actor, Class<? extends T> kind) {
    return actor.selfInbox().getAllReceived().stream().filter(kind::isInstance).toList();
  }

  @Test
  @Misbehaviour({"H46", "H111"})
  void receivingUnderManyInterruptsIsContinuedOnceAtATime() {
    BehaviorTestKit<Interrupt.Command> interrupt = interrupt(1);
    try {
      for (int number = 0; number < 6; number++) {
        assertTrue(model.receive(DriverOnModel.bytes(number, 60)));
      }
      for (int raise = 0; raise < 3; raise++) {
        interrupt.run(new Interrupt.Raised());
      }
      assertEquals(1, continuations(interrupt, Interrupt.Continue.class).size());
      interrupt.run(new Interrupt.Continue());
      assertEquals(1, continuations(interrupt, Interrupt.Continue.class).size());
    } finally {
      machine.close();
    }
  }

  @Test
  @Misbehaviour("H111")
  void aStormOfConfigurationInterruptsIsToldOnceUntilTheLook() {
    BehaviorTestKit<Interrupt.Command> interrupt = interrupt(16);
    try {
      for (int raise = 0; raise < 3; raise++) {
        model.raise(2);
        interrupt.run(new Interrupt.Raised());
      }
      List<Device.Command> told = parent.getAllReceived();
      assertEquals(1, told.size(), told::toString);
      assertInstanceOf(Device.ConfigurationChanged.class, told.getFirst()).taken().run();
      model.raise(2);
      interrupt.run(new Interrupt.Raised());
      assertEquals(1, parent.getAllReceived().size(), "a change after the look");
    } finally {
      machine.close();
    }
  }

  @Test
  @Misbehaviour("H111")
  void aStormOfInterruptsForUsedBuffersIsToldOnceUntilTheLook() {
    BehaviorTestKit<Interrupt.Command> interrupt = interrupt(16);
    try {
      for (int raise = 0; raise < 3; raise++) {
        model.raise(1);
        interrupt.run(new Interrupt.Raised());
      }
      List<Upstream.Command> told = upstream.getAllReceived();
      assertEquals(1, told.size(), told::toString);
      assertInstanceOf(Upstream.Completions.class, told.getFirst()).taken().run();
      model.raise(1);
      interrupt.run(new Interrupt.Raised());
      assertEquals(1, upstream.getAllReceived().size(), "what is used after the look");
    } finally {
      machine.close();
    }
  }

  @Test
  void sendingUnderManyWakeUpsIsContinuedOnceAtATimeAndToTheEnd() {
    Set<Client> unsent = ConcurrentHashMap.newKeySet();
    BehaviorTestKit<Upstream.Command> sending =
        BehaviorTestKit.create(
            Upstream.create(
                device,
                unsent,
                new Reports(parent.getRef(), 1),
                new BusyPoll(device, Duration.ZERO),
                Duration.ofSeconds(5)));
    var transmit = new HandOff(512);
    for (int number = 0; number < 400; number++) {
      assertTrue(transmit.offer(Frame.wrap(DriverOnModel.bytes(number, 60))));
    }
    transmit.finish();
    TestInbox<Void> actor = TestInbox.create("client");
    var client =
        new Client("client", actor.getRef(), OptionalInt.empty(), new HandOff(1), transmit);
    unsent.add(client);
    sending.run(new Upstream.Attach(client, Work.NONE));
    sending.run(new Upstream.Completions(() -> {}));
    sending.run(Upstream.WAKE);
    assertEquals(1, continuations(sending, Upstream.Continue.class).size());
    int turns = 0;
    do {
      sending.run(new Upstream.Continue());
      assertTrue(++turns < 100, "never done");
    } while (!continuations(sending, Upstream.Continue.class).isEmpty());
    assertEquals(400, model.takeTransmitted().size());
    assertEquals(Set.of(), unsent, "all is sent");
  }
}
