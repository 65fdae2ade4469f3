package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.BehaviorTestKit;
import akka.actor.testkit.typed.javadsl.TestInbox;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.driver.trace.Work;
import virtionet.machine.Registers;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlQueue;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.Patience;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** However much one client or queue has to do, the others have their turns: turn by turn. */
class FairTurnsTest {
  private static final int RING = 128;
  private static final int RECEIVE_BUDGET = 8;

  private final ModelMachine machine = ModelMachine.of(ModelSettings.modern().withPairs(2));
  private final NetDeviceModel model = machine.device(0);
  private final NetDevice device = bringUp();
  private final Reports reports = new Reports(TestInbox.<Device.Command>create("up").getRef(), 1);
  private final BehaviorTestKit<Upstream.Command> upstream =
      BehaviorTestKit.create(
          Upstream.create(
              device,
              ConcurrentHashMap.newKeySet(),
              reports,
              new BusyPoll(device, Duration.ZERO),
              Duration.ofSeconds(5)));

  private NetDevice bringUp() {
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    NetDevice up =
        NetDevice.bringUp(
            registers,
            found,
            machine.memory(),
            new NetSettings(RING, RING, 2048, Duration.ofSeconds(1), Set.of()).withQueuePairs(2),
            MacAddress.parse("02:00:00:00:00:01"));
    ControlQueue control = up.controlQueue().orElseThrow();
    control.submit(new SetQueuePairs(2));
    assertTrue(control.poll().isPresent());
    up.enablePairs(2);
    return up;
  }

  @AfterEach
  void noRuleWasBroken() {
    assertEquals(List.of(), model.violations());
    machine.close();
  }

  /** A client with frames of that length to send, that are not yet passed on. */
  private static Client client(String name, int pair, int frames, int length) {
    var transmit = new HandOff(512);
    for (int number = 0; number < frames; number++) {
      assertTrue(transmit.offer(Frame.wrap(DriverOnModel.bytes(number, length))));
    }
    TestInbox<Void> actor = TestInbox.create(name);
    return new Client(name, actor.getRef(), OptionalInt.of(pair), new HandOff(64), transmit);
  }

  private BehaviorTestKit<Interrupt.Command> interrupt() {
    var settings = TestSettings.of(Duration.ZERO, RECEIVE_BUDGET);
    return BehaviorTestKit.create(
        Interrupt.create(
            device,
            model.line(),
            reports,
            TestInbox.<Upstream.Command>create("upstream").getRef(),
            new DeviceEvents(device.initialLink(), device.mtu(), device.mac()),
            new BusyPoll(device, Duration.ZERO),
            settings));
  }

  /** What the device has sent since the last look, by the lengths of the frames. */
  private List<Integer> sent() {
    model.transmitNow();
    List<Integer> lengths = new ArrayList<>();
    model.takeTransmitted().forEach(frame -> lengths.add(frame.length));
    return lengths;
  }

  private static long of(List<Integer> lengths, int length) {
    return lengths.stream().filter(each -> each == length).count();
  }

  private boolean goesOn() {
    return upstream.selfInbox().getAllReceived().stream()
        .anyMatch(Upstream.Continue.class::isInstance);
  }

  @Test
  void aClientWithMuchToSendLeavesTheNextOneItsTurn() {
    model.stall();
    upstream.run(new Upstream.Attach(client("much", 0, 400, 60), Work.NONE));
    assertEquals(64, device.transmitQueues().getFirst().inFlight());
    upstream.run(new Upstream.Attach(client("little", 0, 1, 61), Work.NONE));
    assertEquals(RING, of(sent(), 60), "there was no room any more");
    upstream.run(new Upstream.Completions(() -> {}));
    assertEquals(61, sent().getFirst(), "whose turn it is");
  }

  /** Each batch of a slow device may make more turns than one, in which there is no room. */
  @Test
  void turnsWithoutRoomChangeNothingInWhoseTurnItIs() {
    model.stall();
    for (int length = 60; length < 64; length++) {
      upstream.run(new Upstream.Attach(client("client " + length, 0, 400, length), Work.NONE));
    }
    List<Integer> all = new ArrayList<>();
    for (int batch = 0; batch < 6; batch++) {
      for (int turn = 0; turn < 4; turn++) {
        upstream.run(new Upstream.Completions(() -> {}));
      }
      List<Integer> sent = sent();
      assertEquals(RING, sent.size());
      all.addAll(sent);
    }
    for (int length = 60; length < 64; length++) {
      assertTrue(of(all, length) >= 2 * 64, "client %d has sent %s".formatted(length, all));
    }
  }

  @Test
  void aQueueThatIsStuckKeepsNoOtherWaiting() {
    model.stall();
    upstream.run(new Upstream.Attach(client("stuck", 0, 400, 60), Work.NONE));
    do {
      upstream.run(new Upstream.Continue());
    } while (goesOn());
    assertEquals(0, device.transmitQueues().getFirst().room());
    upstream.run(new Upstream.Attach(client("free", 1, 100, 61), Work.NONE));
    assertEquals(64, device.transmitQueues().get(1).inFlight());
    assertTrue(goesOn(), "it has more, and its ring has room");
    upstream.run(new Upstream.Continue());
    assertEquals(100, device.transmitQueues().get(1).inFlight());
  }

  @Test
  void whoWaitsForAnEmptyRingHearsOfItWhileTheRingsArePolled() throws Exception {
    try (var loop = new EventLoop(Thread.ofPlatform().daemon()::unstarted)) {
      loop.submit(this::pollWhileARingIsToBeEmpty).get(Patience.SECONDS, TimeUnit.SECONDS);
    }
  }

  private void pollWhileARingIsToBeEmpty() {
    var busyPoll = new BusyPoll(device, Duration.ofHours(1));
    var completed = new AtomicInteger();
    busyPoll.start(() -> {}, completed::incrementAndGet);
    busyPoll.busy();
    var polling =
        BehaviorTestKit.create(
            Upstream.create(
                device, ConcurrentHashMap.newKeySet(), reports, busyPoll, Duration.ofSeconds(5)));
    model.stall();
    polling.run(new Upstream.Attach(client("leaving", 1, 1, 60), Work.NONE));
    polling.run(new Upstream.UsePairs(1, () -> {}));
    busyPoll.look(System.nanoTime());
    assertEquals(0, completed.get(), "the frame is still with the device");
    model.transmitNow();
    busyPoll.look(System.nanoTime());
    assertEquals(1, completed.get());
    busyPoll.stop();
  }

  @Test
  void ofTwoReceiveQueuesEachHasItsBudgetInEachTurn() {
    BehaviorTestKit<Interrupt.Command> interrupt = interrupt();
    Client flooded = client("flooded", 0, 0, 60);
    Client quiet = client("quiet", 1, 0, 60);
    interrupt.run(new Interrupt.Attach(flooded, Work.NONE));
    interrupt.run(new Interrupt.Attach(quiet, Work.NONE));
    for (int number = 0; number < RING; number++) {
      assertTrue(model.receive(0, DriverOnModel.bytes(number, 60)));
    }
    assertTrue(model.receive(1, DriverOnModel.bytes(1, 61)));
    interrupt.run(new Interrupt.Raised());
    assertEquals(RECEIVE_BUDGET, flooded.receive().size());
    assertEquals(1, quiet.receive().size());
    assertEquals(RECEIVE_BUDGET + 1, device.counters().get(Counter.RECEIVED_FRAMES));
    interrupt.signal(PostStop.instance());
    flooded.receive().close();
    quiet.receive().close();
  }

  /** Else Akka would make each interceptor around the actor anew for each message. */
  @Test
  void aTurnAnswersThatTheActorStaysAsItIs() {
    upstream.run(new Upstream.Attach(client("sender", 0, 1, 60), Work.NONE));
    upstream.run(Upstream.WAKE);
    assertEquals(Behaviors.same(), upstream.returnedBehavior());
    upstream.run(new Upstream.Completions(() -> {}));
    assertEquals(Behaviors.same(), upstream.returnedBehavior());
    upstream.run(new Upstream.Continue());
    assertEquals(Behaviors.same(), upstream.returnedBehavior());
    BehaviorTestKit<Interrupt.Command> interrupt = interrupt();
    interrupt.run(new Interrupt.Raised());
    assertEquals(Behaviors.same(), interrupt.returnedBehavior());
    interrupt.run(new Interrupt.Continue());
    assertEquals(Behaviors.same(), interrupt.returnedBehavior());
    interrupt.signal(PostStop.instance());
  }
}
