package virtionet.observe.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.driver.Device;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvents;
import virtionet.driver.DeviceHandle;
import virtionet.driver.trace.ActorMessage;
import virtionet.driver.trace.ActorRestart;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.observe.trace.Trace.Change;
import virtionet.observe.trace.Trace.Message;
import virtionet.observe.trace.Trace.Received;
import virtionet.observe.trace.Trace.Restart;
import virtionet.observe.trace.Trace.Sent;
import virtionet.observe.trace.Trace.Taken;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.WatchedRegisters;

/** What a flight recording tells of a driver on a device model. */
class TraceOnModelTest {
  private static final ModelSettings DEVICE =
      ModelSettings.modern().offering(ModelSettings.CONTROL);
  private static final String DRIVER = "/system/virtio_net";
  private static final int QUEUE_NOTIFY = 0x050;

  @TempDir Path folder;

  /** Records a driver on that device from its start to its end. */
  private Trace record(Consumer<DriverOnModel> work) {
    return record(ModelMachine.of(DEVICE), "", work);
  }

  private Trace record(ModelMachine model, String settings, Consumer<DriverOnModel> work) {
    return record(new DelegatingMachine(model), settings, work);
  }

  private Trace record(DelegatingMachine machine, String settings, Consumer<DriverOnModel> work) {
    Path file = folder.resolve("driver.jfr");
    try (var recording = TraceRecording.start(file)) {
      try (var driver = DriverOnModel.on(machine.model(), () -> machine, settings)) {
        work.accept(driver);
      }
      recording.write();
    }
    return Trace.read(file);
  }

  private static String device(DriverOnModel driver) {
    return handle(driver).info().name();
  }

  private static DeviceHandle handle(DriverOnModel driver) {
    return switch (await(driver.net().devices()).getFirst()) {
      case Device.Up up -> up.device();
      case Device.Recovering down -> down.device();
      case Device.Failed failed -> throw new AssertionError(failed.reason());
    };
  }

  private static List<Message> of(Trace trace, String actor) {
    return trace.messages().stream().filter(message -> message.actor().endsWith(actor)).toList();
  }

  private static void assertHandled(Trace trace, String actor, String... messages) {
    Set<String> handled =
        of(trace, actor).stream()
            .filter(message -> message.outcome().equals(ActorMessage.HANDLED))
            .map(Message::message)
            .collect(Collectors.toSet());
    assertTrue(handled.containsAll(List.of(messages)), () -> actor + " has handled " + handled);
  }

  @Test
  void eachActorsControlMessagesAreToldWithPathOutcomeAndDuration() {
    Trace trace =
        record(
            driver -> {
              var client = driver.connected();
              // Else it might be stopped before it was attached.
              client.in().sendNext(Frame.wrap(bytes(1, 60)));
              until("one is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
              driver.device().receive(bytes(2, 60));
              client.receive();
              await(handle(driver).control().promiscuous(true));
              client.leave();
              await(driver.net().stop());
            });
    String device = DRIVER + "/" + trace.changes().getFirst().device();
    assertHandled(trace, DRIVER, "start", "DescribeDevices", "Connect", "PostStop");
    assertHandled(trace, device, "start", "Describe", "Connect", "ControlRequest", "PostStop");
    assertHandled(trace, device + "/startup", "start", "Connect", "DeviceUp", "PostStop");
    assertHandled(trace, device + "/interrupt", "start", "Attach", "PostStop");
    assertHandled(trace, device + "/upstream", "start", "Attach", "PostStop");
    assertHandled(trace, device + "/control", "start", "ControlRequest", "PostStop");
    assertHandled(trace, device + "/announcement", "start");
    assertHandled(trace, "/virtio_net-service", "start");
    assertTrue(trace.messages().stream().allMatch(message -> message.nanos() > 0));
    assertEquals(List.of(), trace.restarts());
    assertTrue(
        of(trace, DRIVER).stream()
            .anyMatch(
                last ->
                    last.outcome().equals(ActorMessage.STOPPED) && last.message().equals("Stop")));
  }

  @Test
  void messagesOfTheDataPathAreNotToldOneByOne() {
    Trace trace =
        record(
            driver -> {
              driver.device().echo();
              var client = driver.connected();
              for (int number = 0; number < 20; number++) {
                client.in().sendNext(Frame.wrap(bytes(number, 60)));
                client.receive();
              }
            });
    Set<String> ofQueues =
        trace.messages().stream()
            .filter(message -> message.actor().matches(".*/(interrupt|upstream)"))
            .map(Message::message)
            .collect(Collectors.toSet());
    assertEquals(Set.of("start", "Attach", "PostStop"), ofQueues);
  }

  @Test
  void aReceivedBatchIsToldFromTheLineToTheConsumer() {
    var name = new StringBuilder();
    Trace trace =
        record(
            driver -> {
              name.append(device(driver));
              var client = driver.connected();
              client.out().request(100);
              driver
                  .device()
                  .receive(IntStream.range(0, 5).mapToObj(n -> bytes(n, 100 + n)).toList());
              for (int number = 0; number < 5; number++) {
                client.out().expectNext().release();
              }
            });
    List<Received> batches = trace.received();
    assertEquals(5, batches.stream().mapToInt(Received::frames).sum(), batches::toString);
    assertEquals(510, batches.stream().mapToLong(Received::bytes).sum());
    assertEquals(5, batches.stream().mapToInt(Received::accepted).sum());
    assertEquals(0, batches.stream().mapToInt(Received::dropped).sum());
    Received first = batches.getFirst();
    assertEquals("interrupt", first.cause());
    assertEquals(0, first.position());
    assertEquals(8, batches.getLast().posted());
    assertTrue(first.waited() > 0, first::toString);
    assertTrue(first.drained() > 0 && first.drained() <= first.handedOff(), first::toString);
    assertTrue(first.handedOff() <= first.nanos(), first::toString);

    assertEquals(5, trace.taken().stream().mapToInt(Taken::frames).sum());
    List<Interrupted> interrupts = Interruptions.of(trace, name.toString()).all();
    Interrupted one = interrupts.getFirst();
    assertEquals(first.interrupt(), one.number());
    long consumer = one.toConsumer().orElseThrow();
    assertTrue(consumer > first.waited() + first.drained(), one::toString);
    assertTrue(one.toLastFrame().orElseThrow() >= consumer, one::toString);
  }

  @Test
  void framesThatAreDroppedAreInTheirBatch() {
    Trace trace =
        record(
            ModelMachine.of(DEVICE),
            "virtionet.receive-hand-off = 2",
            driver -> {
              var client = driver.connected();
              driver.device().receive(IntStream.range(0, 6).mapToObj(n -> bytes(n, 60)).toList());
              driver.device().receive(new byte[4]);
              until(
                  "all but two are dropped", () -> client.count(Counter.DROPPED_HANDOFF_FULL) == 4);
              until("the runt as well", () -> client.count(Counter.DROPPED_RUNT) == 1);
            });
    assertEquals(4, trace.received().stream().mapToInt(Received::dropped).sum());
    assertEquals(1, trace.received().stream().mapToInt(Received::malformed).sum());
    assertEquals(2, trace.received().stream().mapToInt(Received::accepted).sum());
    assertEquals(2, trace.received().getLast().depth());
  }

  @Test
  void aTransmittedBatchIsToldUpToItsCompletion() {
    Trace trace =
        record(
            driver -> {
              var client = driver.connected();
              for (int number = 0; number < 7; number++) {
                client.in().sendNext(Frame.wrap(bytes(number, 60 + number)));
              }
              client.in().sendNext(Frame.wrap(new byte[3]));
              until("all are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 7);
              until("one is refused", () -> client.count(Counter.REFUSED_SHORT) == 1);
            });
    List<Sent> batches = trace.sent();
    assertEquals(7, batches.stream().mapToInt(Sent::frames).sum(), batches::toString);
    assertEquals(7 * 63, batches.stream().mapToLong(Sent::bytes).sum());
    for (Sent batch : batches) {
      assertTrue(batch.completed(), batch::toString);
      assertTrue(batch.queued() > 0 && batch.queued() <= batch.published(), batch::toString);
      assertTrue(batch.published() <= batch.nanos(), batch::toString);
      assertTrue(batch.inFlight() >= batch.frames(), batch::toString);
    }
    assertTrue(batches.stream().anyMatch(Sent::doorbell));
  }

  @Test
  void framesThatAResetTakesAwayAreToldAsNotCompleted() {
    Trace trace =
        record(
            ModelMachine.of(DEVICE),
            "virtionet.recovery.max-restarts = 5",
            driver -> {
              var client = driver.connected();
              client.in().sendNext(Frame.wrap(bytes(1, 60)));
              until("one is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
              driver.device().stallUntilReset();
              client.in().sendNext(Frame.wrap(bytes(2, 60)));
              until("the device has it", () -> driver.device().waiting(1) == 1);
              driver.device().needReset();
              until("it is up again", () -> client.count(Counter.RECOVERIES) == 1);
            });
    assertEquals(
        List.of(true, false), trace.sent().stream().map(Sent::completed).distinct().toList());
    assertEquals(
        List.of("starting", "up", "quiescing", "starting", "up", "stopped"),
        trace.changes().stream().map(Change::to).toList());
    Change fault = trace.changes().get(2);
    assertEquals("up", fault.from());
    assertTrue(fault.reason().contains("asks to be reset"), fault.reason());
    assertTrue(fault.lasted() > 0);
  }

  @Test
  void aRestartedActorIsToldWithTheExceptionThatItFailedAt() {
    Trace trace =
        record(
            driver -> {
              handle(driver).events().subscribe(failingOnce());
              driver.device().announce();
              until(
                  "it goes on with the next",
                  () -> {
                    driver.device().announce();
                    return driver.device().control().announcements() > 0;
                  });
            });
    assertEquals(1, trace.restarts().size(), trace.restarts()::toString);
    Restart restart = trace.restarts().getFirst();
    assertTrue(restart.actor().endsWith("/announcement"), restart::toString);
    assertEquals(ActorRestart.RESTARTED, restart.decision());
    assertTrue(restart.failure().contains("a listener's bug"), restart::toString);
    List<Message> failed =
        of(trace, "/announcement").stream()
            .filter(message -> message.outcome().equals(ActorMessage.FAILED))
            .toList();
    assertEquals(List.of("Asked"), failed.stream().map(Message::message).toList());
    assertEquals(restart.failure(), failed.getFirst().failure());
    assertEquals(
        2,
        of(trace, "/announcement").stream()
            .filter(message -> message.kind().equals(ActorMessage.START))
            .count());
  }

  /** A bug of an application, on the thread of the announcement actor. */
  private static DeviceEvents.Listener failingOnce() {
    var fails = new AtomicBoolean(true);
    return new DeviceEvents.Listener() {
      @Override
      public void happened(DeviceEvent event) {
        if (event instanceof DeviceEvent.AnnouncementAsked && fails.getAndSet(false)) {
          throw new IllegalStateException("a listener's bug");
        }
      }

      @Override
      public void ended() {}
    };
  }

  /** Also at a message of the data path, which is not told of otherwise. */
  @Test
  void anActorThatEndsBecauseItFailedIsToldAndSoIsWhatFollows() {
    var faulty = new AtomicLong(-1);
    var machine =
        new DelegatingMachine(ModelMachine.of(DEVICE)) {
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
    Trace trace =
        record(
            machine,
            "virtionet.recovery.max-restarts = 5",
            driver -> {
              var client = driver.connected();
              // What comes after it cannot be sent while the client is still being attached.
              client.in().sendNext(Frame.wrap(bytes(0, 60)));
              until("a frame is sent", () -> !driver.device().takeTransmitted().isEmpty());
              faulty.set(QUEUE_NOTIFY);
              client.in().sendNext(Frame.wrap(bytes(1, 60)));
              until("it is up again", () -> client.count(Counter.RECOVERIES) == 1);
            });
    Restart end = trace.restarts().getFirst();
    assertTrue(end.actor().endsWith("/upstream"), end::toString);
    assertEquals(ActorRestart.ENDED, end.decision());
    List<String> failed =
        of(trace, "/upstream").stream()
            .filter(message -> message.outcome().equals(ActorMessage.FAILED))
            .map(Message::message)
            .toList();
    assertEquals(1, failed.size(), failed::toString);
    // As a rule the first; also the completion of the frame before finds it.
    assertTrue(
        Set.of("Wake", "Completions", "Continue", "Look").containsAll(failed), failed::toString);
    assertTrue(
        trace.changes().stream()
            .anyMatch(change -> change.reason().contains("its upstream actor failed")),
        trace.changes()::toString);
  }
}
