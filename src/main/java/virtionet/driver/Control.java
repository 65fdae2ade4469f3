package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.BehaviorBuilder;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import virtionet.driver.ControlException.Kind;
import virtionet.driver.trace.TracedActor;
import virtionet.machine.MachineException;
import virtionet.net.ControlCommand;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlOutcome;
import virtionet.net.ControlOutcome.Accepted;
import virtionet.net.ControlQueue;
import virtionet.net.Counter;
import virtionet.net.HashConfig;
import virtionet.net.MacTable;
import virtionet.net.NetDevice;
import virtionet.net.NetFeature;
import virtionet.net.RssConfig;
import virtionet.virtio.VirtioException;

/**
 * The control state: does control commands one after the other, each within a deadline. Owns the
 * control queue. At its start it brings the device to the state that was set before.
 */
final class Control {
  /** Commands that may wait; nobody has so many that are worth waiting for. */
  private static final int MOST_WAITING = 256;

  /** How often within its time a command is looked for whose interrupt may have been lost. */
  private static final int LOOKS = 40;

  sealed interface Command permits ControlRequest, Used, Look, Narrowed, End {}

  /** The device has used buffers, perhaps ours. */
  record Used() implements Command {}

  /** Time to look whether there is an answer, or is to be none. */
  record Look() implements Command {}

  /** No frame is left on the queue pairs that this command gives up. */
  record Narrowed(ControlTask task) implements Command {}

  /** The device is lost, or is being reset: whatever waits is told so. */
  record End(Kind kind, String reason) implements Command {}

  private static final Used USED = new Used();

  private final ActorRef<Command> self;
  private final TimerScheduler<Command> timers;
  private final NetDevice device;
  private final String name;
  private final Reports reports;
  private final ActorRef<Upstream.Command> upstream;
  private final ControlRecord record;
  private final DeviceEvents events;
  private final Duration timeout;
  private final @Nullable ControlQueue queue;
  private final FilterOverflow overflow;
  private final Deque<ControlTask> waiting = new ArrayDeque<>();

  /**
   * Whether {@link Used} is on its way: one at a time, or a storm of interrupts would fill this.
   */
  private final AtomicBoolean usedTold = new AtomicBoolean();

  private @Nullable ControlTask current;
  private long deadline;

  /** Queue pairs that the device uses: one after each reset (§5.1.5). */
  private int pairsInUse = 1;

  private boolean broken;

  /**
   * @param record what was set and is to hold; kept up to date here, for whoever comes after
   */
  static Behavior<Command> create(
      NetDevice device,
      Reports reports,
      ActorRef<Upstream.Command> upstream,
      ControlRecord record,
      DeviceEvents events,
      Duration timeout) {
    return TracedActor.around(
        Command.class,
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers ->
                        new Control(
                                context, timers, device, reports, upstream, record, events, timeout)
                            .start())));
  }

  private Control(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      NetDevice device,
      Reports reports,
      ActorRef<Upstream.Command> upstream,
      ControlRecord record,
      DeviceEvents events,
      Duration timeout) {
    self = context.getSelf();
    this.timers = timers;
    this.device = device;
    this.reports = reports;
    this.upstream = upstream;
    this.record = record;
    this.events = events;
    this.timeout = timeout;
    name = reports.name();
    overflow = new FilterOverflow(name);
    queue = device.controlQueue().orElse(null);
    if (queue != null) {
      queue.onUsed(
          () -> {
            if (usedTold.compareAndSet(false, true)) {
              self.tell(USED);
            }
          });
    }
  }

  private Behavior<Command> start() {
    FirstCommands.of(device, record.state())
        .forEach(command -> waiting.add(new ControlTask(command, null)));
    pump();
    return behavior().build();
  }

  private BehaviorBuilder<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(ControlRequest.class, this::onRequest)
        .onMessage(Used.class, used -> onUsed())
        .onMessage(Look.class, look -> onLook())
        .onMessage(Narrowed.class, this::onNarrowed)
        .onMessage(
            End.class,
            end -> {
              abandon(end);
              return Behaviors.stopped();
            })
        .onSignal(
            PostStop.class,
            stop -> {
              abandon(
                  new End(Kind.DEVICE_LOST, "the driver of device %s has stopped".formatted(name)));
              return Behaviors.same();
            });
  }

  private Behavior<Command> onRequest(ControlRequest request) {
    var task = new ControlTask(request.command(), request.replyTo());
    if (waiting.size() >= MOST_WAITING) {
      device.counters().increment(Counter.CONTROL_REFUSED);
      task.fail(Kind.BUSY, MOST_WAITING + " control commands wait already");
    } else {
      waiting.add(task);
      pump();
    }
    return Behaviors.same();
  }

  private Behavior<Command> onUsed() {
    usedTold.set(false);
    return onLook();
  }

  private Behavior<Command> onLook() {
    pump();
    ControlTask task = current;
    if (task != null && System.nanoTime() - deadline >= 0) {
      onOverdue(task);
    }
    return Behaviors.same();
  }

  private void onOverdue(ControlTask task) {
    if (queue != null && !queue.isBusy()) {
      end(
          task,
          Kind.TIMEOUT,
          "%s did not send within %d ms the frames on the queue pairs that %s gives up"
              .formatted(name, timeout.toMillis(), task.step()));
      pump();
      return;
    }
    String reason =
        "%s did not answer the control command %s within %d ms"
            .formatted(name, task.step(), timeout.toMillis());
    task.fail(Kind.TIMEOUT, reason);
    current = null;
    lose(new Fault(Fault.Kind.CONTROL_TIMEOUT, reason));
  }

  private Behavior<Command> onNarrowed(Narrowed narrowed) {
    // Else it has waited too long, and is over.
    if (!broken && current == narrowed.task()) {
      try {
        submit(narrowed.task());
      } catch (VirtioException | MachineException e) {
        lose(Fault.of(e));
      }
    }
    return Behaviors.same();
  }

  /** Takes answers and gives commands until the device is to do something. */
  private void pump() {
    if (broken) {
      return;
    }
    try {
      boolean moved;
      do {
        moved = takeAnswer() || beginNext();
      } while (moved);
    } catch (VirtioException | MachineException e) {
      lose(Fault.of(e));
    }
    if (current == null) {
      timers.cancel(Look.class);
    }
  }

  private boolean takeAnswer() {
    ControlTask task = current;
    if (task == null || queue == null) {
      return false;
    }
    Optional<ControlOutcome> outcome = queue.poll();
    outcome.ifPresent(answer -> onAnswer(task, answer));
    return outcome.isPresent();
  }

  private boolean beginNext() {
    if (current != null) {
      return false;
    }
    ControlTask task = waiting.poll();
    if (task == null) {
      return false;
    }
    if (isPossible(task)) {
      begin(task);
    }
    return true;
  }

  /** Fails what must not reach the device. */
  private boolean isPossible(ControlTask task) {
    for (NetFeature feature : task.command().needs()) {
      Optional<String> whyNot = device.features().whyNot(feature);
      if (whyNot.isPresent()) {
        task.fail(
            Kind.UNSUPPORTED,
            "%s needs feature %s, which was not accepted: %s"
                .formatted(task.command(), feature, whyNot.get()));
        return false;
      }
    }
    if (queue == null) {
      return false;
    }
    if (!queue.fits(task.command()) && !(task.command() instanceof MacTable)) {
      task.fail(Kind.OUT_OF_RANGE, "there is no room for a command of this length");
      return false;
    }
    try {
      task.command().check(queue.limits().withEnabledPairs(pairsInUse));
      return true;
    } catch (IllegalArgumentException e) {
      task.fail(Kind.OUT_OF_RANGE, String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void begin(ControlTask task) {
    current = task;
    if (task.command() instanceof MacTable && queue != null && !queue.fits(task.command())) {
      overflow.letAllPass(task);
    }
    overflow.adjust(task);
    OptionalInt pairs = pairs(task.command());
    if (pairs.isPresent()) {
      startClock();
      // A frame on another queue is nobody's once the device has the command (§5.1.6.5.6.1).
      int fewer = Math.min(pairs.getAsInt(), device.enabledPairs());
      upstream.tell(new Upstream.UsePairs(fewer, () -> self.tell(new Narrowed(task))));
    } else {
      submit(task);
    }
  }

  private void startClock() {
    deadline = System.nanoTime() + timeout.toNanos();
    timers.startTimerWithFixedDelay(Look.class, new Look(), timeout.dividedBy(LOOKS));
  }

  private void usePairs(int pairs) {
    upstream.tell(new Upstream.UsePairs(pairs, () -> {}));
  }

  /** How many queue pairs a command sets in use, if it does. */
  private static OptionalInt pairs(ControlCommand command) {
    return switch (command) {
      case SetQueuePairs set -> OptionalInt.of(set.pairs());
      case RssConfig rss -> OptionalInt.of(rss.pairs());
      default -> OptionalInt.empty();
    };
  }

  private void submit(ControlTask task) {
    if (queue == null) {
      return;
    }
    startClock();
    device.counters().increment(Counter.CONTROL_COMMANDS);
    queue.submit(task.step());
  }

  private void onAnswer(ControlTask task, ControlOutcome outcome) {
    switch (outcome) {
      case Accepted accepted -> onAccepted(task, accepted);
      case ControlOutcome.Rejected rejected -> {
        if (task.step() instanceof MacTable) {
          overflow.letAllPass(task);
          submit(task);
        } else {
          end(task, Kind.REJECTED, "the device refuses " + task.step());
        }
      }
      case ControlOutcome.Unintelligible wrong ->
          end(
              task,
              Kind.UNINTELLIGIBLE,
              "the device acknowledges %s with 0x%02x, which is neither yes nor no"
                  .formatted(task.step(), wrong.acknowledgement()));
    }
  }

  private void onAccepted(ControlTask task, Accepted accepted) {
    overflow.onAccepted(task, record.state().receiveModes());
    if (task.next()) {
      submit(task);
      return;
    }
    current = null;
    record.add(task.command());
    pairs(task.command())
        .ifPresent(
            pairs -> {
              pairsInUse = pairs;
              usePairs(pairs);
            });
    if (task.command() instanceof SetMacAddress set) {
      events.tell(new DeviceEvent.MacChanged(set.mac()));
    }
    Optional<HashConfig> forgotten =
        task.command() instanceof SetQueuePairs ? record.state().hashes() : Optional.empty();
    if (forgotten.isPresent()) {
      // QEMU forgets hashes when it is told how to steer; to tell them once more does no harm.
      waiting.addFirst(ControlTask.ofOurOwn(forgotten.get(), () -> task.done(accepted)));
    } else {
      task.done(accepted);
    }
  }

  private void end(ControlTask task, Kind kind, String reason) {
    current = null;
    if (pairs(task.command()).isPresent()) {
      usePairs(pairsInUse);
    }
    device.counters().increment(Counter.CONTROL_FAILURES);
    task.fail(kind, reason);
  }

  /** What waits is told with the {@link End} that follows, or with this actor's. */
  private void lose(Fault fault) {
    broken = true;
    timers.cancelAll();
    reports.broken(fault);
  }

  private void abandon(End end) {
    broken = true;
    timers.cancelAll();
    ControlTask task = current;
    current = null;
    if (task != null) {
      task.fail(end.kind(), end.reason());
    }
    waiting.forEach(lost -> lost.fail(end.kind(), end.reason()));
    waiting.clear();
  }
}
