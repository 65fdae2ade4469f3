package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.net.ControlQueue;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.NetDevice;
import virtionet.net.ReceiveQueue;
import virtionet.virtio.Interrupts;
import virtionet.virtio.RingLayout;
import virtionet.virtio.VirtioException;

/**
 * The interrupt state: woken by the device's line, it drains the receive queue into the clients'
 * hand-offs. Owns the receive queue.
 */
final class Interrupt extends AbstractBehavior<Interrupt.Command> {
  private static final Logger LOG = LoggerFactory.getLogger(Interrupt.class);

  sealed interface Command {}

  /** The line was raised. */
  record Raised() implements Command {}

  /** The line was not raised for a while. */
  record Quiet() implements Command {}

  /** There is more to drain; others had their turn. */
  record Continue() implements Command {}

  /** From now on this client gets frames as well. */
  record Attach(Client client, Work work) implements Command, Carrier {}

  /** From now on it does not. */
  record Detach(Client client) implements Command {}

  private static final Raised RAISED = new Raised();
  private static final Quiet QUIET = new Quiet();
  private static final Continue CONTINUE = new Continue();

  /** Interrupts without a cause, one after the other, that make a storm. */
  private static final int STORM = 1_000;

  private final NetDevice device;
  private final InterruptLine line;
  private final Reports reports;
  private final ActorRef<Upstream.Command> upstream;
  private final int budget;
  private final DeviceEvents events;
  private final LineWatch watch;
  private final BusyPoll busyPoll;
  private final ReceiveTrace trace;
  private final ActorRef<Command> self;

  // Made once: for each message they would be an object for each.
  private final Runnable heardOfRaise = this::lookForRaise;
  private final Runnable drained = this::drain;

  /** Of each queue pair: the clients that get its frames. */
  private final List<List<Client>> clients = new ArrayList<>();

  /** Frames between their ring and the clients' hand-offs: empty when nothing is being drained. */
  private final FrameBatch batch;

  /** Whether clients have got some of them, and are to be woken. */
  private boolean delivered;

  private final RateLimitedWarning fullWarning = new RateLimitedWarning(LOG);
  private final RateLimitedWarning stormWarning = new RateLimitedWarning(LOG);
  private final RateLimitedWarning lostWarning = new RateLimitedWarning(LOG);

  /** Whether the parent was told to look at the configuration and has not yet done so. */
  private final AtomicBoolean configurationTold = new AtomicBoolean();

  /** Whether the upstream state was told of used buffers and has not yet looked for them. */
  private final AtomicBoolean completionsTold = new AtomicBoolean();

  private final Upstream.Completions completions =
      new Upstream.Completions(() -> completionsTold.set(false));

  /** Whether {@link Continue} is on its way: one at a time, or under load they would multiply. */
  private boolean continuing;

  /** Whether the watchdog saw work that no interrupt had told of. */
  private boolean unheard;

  /** Interrupts without a cause since the last one that had one; at the most {@link #STORM}. */
  private int causeless;

  /** Whether they were told of as a storm. */
  private boolean storming;

  private final String deviceName;
  private boolean broken;

  static Behavior<Command> create(
      NetDevice device,
      InterruptLine line,
      Reports reports,
      ActorRef<Upstream.Command> upstream,
      DeviceEvents events,
      BusyPoll busyPoll,
      DriverSettings settings) {
    return TracedActor.around(
        Command.class,
        Set.of(Raised.class, Quiet.class, Continue.class),
        Behaviors.setup(
            context ->
                new Interrupt(
                    context, device, line, reports, upstream, events, busyPoll, settings)));
  }

  private Interrupt(
      ActorContext<Command> context,
      NetDevice device,
      InterruptLine line,
      Reports reports,
      ActorRef<Upstream.Command> upstream,
      DeviceEvents events,
      BusyPoll busyPoll,
      DriverSettings settings) {
    super(context);
    this.device = device;
    this.line = line;
    this.reports = reports;
    this.upstream = upstream;
    this.events = events;
    this.busyPoll = busyPoll;
    budget = Math.min(settings.receiveBudget(), RingLayout.MAX_SIZE);
    for (int pair = 0; pair < device.receiveQueues().size(); pair++) {
      clients.add(new ArrayList<>());
    }
    batch = FrameBatch.ofCapacity(budget);
    deviceName = reports.name();
    trace = new ReceiveTrace(deviceName, device.counters(), Tracing.of(context.getSystem()));
    self = context.getSelf();
    busyPoll.start(this::comeBack, this::tellOfCompletions);
    watch =
        LineWatch.start(
            "virtionet-interrupt-" + deviceName,
            line,
            new LineWatch.Listener(
                this::tellOfRaise,
                () -> self.tell(QUIET),
                reason -> reports.broken(new Fault(Fault.Kind.MACHINE, reason))));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Raised.class, raised -> onRaised())
        .onMessage(Quiet.class, quiet -> onQuiet())
        .onMessage(Continue.class, more -> onContinue())
        .onMessage(Attach.class, this::onAttach)
        .onMessage(Detach.class, this::onDetach)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private void tellOfRaise() {
    trace.raised();
    self.tell(RAISED);
  }

  private Behavior<Command> onRaised() {
    trace.heard();
    watch.handled();
    return guarded(heardOfRaise);
  }

  private void lookForRaise() {
    LOG.trace("interrupt: received interrupt");
    device.counters().increment(Counter.INTERRUPTS);
    if (look(ReceiveBatch.INTERRUPT) == 0) {
      device.counters().increment(Counter.SPURIOUS_INTERRUPTS);
    }
  }

  /**
   * Acknowledge, unmask, look: in this order nothing falls between. What the device does before it
   * sees the acknowledgement is found by the look, which comes last; what it does after raises the
   * line again, and the line is heard by then.
   *
   * @return why the line was raised; 0: no reason
   */
  private int look(String why) {
    unheard = false;
    trace.look(why);
    int causes = device.takeInterrupts();
    causeless = causes == 0 ? Math.min(causeless + 1, STORM) : 0;
    storming &= causes == 0;
    if (causeless < STORM) {
      line.enable();
    } else {
      if (!storming) {
        storming = true;
        device.counters().increment(Counter.INTERRUPT_STORMS);
        events.tell(new DeviceEvent.InterruptStorm(STORM));
      }
      stormWarning.warn(
          "an interrupt line was left off {} time(s): {} raises it over and over without a cause",
          deviceName);
    }
    if ((causes & Interrupts.CONFIGURATION_CHANGE) != 0
        && configurationTold.compareAndSet(false, true)) {
      reports.configurationChanged(() -> configurationTold.set(false));
    }
    if ((causes & Interrupts.USED_BUFFER) != 0) {
      tellOfCompletions();
      device.controlQueue().ifPresent(ControlQueue::wake);
    }
    device.receiveQueues().forEach(ReceiveQueue::disableInterrupts);
    drain();
    return causes;
  }

  private void tellOfCompletions() {
    if (completionsTold.compareAndSet(false, true)) {
      upstream.tell(completions);
    }
  }

  private void comeBack() {
    if (!continuing) {
      continuing = true;
      self.tell(CONTINUE);
    }
  }

  /**
   * The watchdog: work that lay there at two looks in a row, without an interrupt between them, was
   * announced by none. One look is not enough, since the interrupt may be on its way.
   */
  private Behavior<Command> onQuiet() {
    watch.quietHandled();
    return guarded(
        () -> {
          device.receiveQueues().forEach(ReceiveQueue::dropOverdue);
          if (causeless == STORM) {
            causeless--; // One more is heard, and in a storm that is all.
            line.enable();
          }
          boolean work = device.hasUnheardWork();
          if (work && unheard) {
            device.counters().increment(Counter.LOST_WAKEUPS);
            lostWarning.warn(
                "{} interrupt(s) were lost: work was found on {} by the watchdog", deviceName);
            look(ReceiveBatch.WATCHDOG);
          } else {
            unheard = work;
          }
        });
  }

  private Behavior<Command> onContinue() {
    continuing = false;
    unheard = false;
    trace.look(ReceiveBatch.FURTHER_TURN);
    return guarded(drained);
  }

  /** Each queue has a turn of its own: none keeps another waiting. */
  private void drain() {
    boolean more = false;
    for (int pair = 0; pair < clients.size(); pair++) {
      ReceiveQueue queue = device.receiveQueues().get(pair);
      trace.begin(pair, queue);
      int taken = drain(queue, clients.get(pair));
      if (taken > 0) {
        busyPoll.busy();
      }
      more |= taken == budget || (!busyPoll.isActive() && queue.enableInterrupts());
    }
    if (more) {
      comeBack();
    }
  }

  /** The device has its buffers again before the clients' turn; how many were taken. */
  private int drain(ReceiveQueue queue, List<Client> takers) {
    delivered = false;
    try {
      int taken;
      try {
        taken = queue.receive(batch, budget);
      } finally {
        // Also where the device broke the ring: the frames before that are good.
        trace.drained(batch, takers, queue);
        deliver(takers);
        trace.handedOff(takers);
      }
      if (taken == budget || busyPoll.isActive()) {
        queue.refillInPassing();
      } else {
        queue.refill();
      }
      return taken;
    } finally {
      if (delivered) {
        takers.forEach(client -> client.receive().wake());
      }
      trace.end(queue);
    }
  }

  private void deliver(List<Client> takers) {
    if (batch.isEmpty()) {
      return;
    }
    if (takers.isEmpty()) {
      device.counters().add(Counter.DROPPED_NO_CLIENT, batch.size());
      trace.dropped(batch.size());
    } else {
      for (int i = 1; i < takers.size(); i++) {
        offerCopies(takers.get(i));
      }
      Client first = takers.getFirst();
      first.receive().offer(batch);
      if (!batch.isEmpty()) {
        dropped(first, batch.size());
      }
      delivered = true;
    }
    batch.clear();
  }

  private void offerCopies(Client client) {
    for (int i = 0; i < batch.size(); i++) {
      Frame copy = batch.copy(i);
      device.counters().increment(Counter.COPIED_FRAMES);
      if (!client.receive().offer(copy)) {
        dropped(client, 1);
        copy.release();
      }
    }
  }

  private void dropped(Client client, int frames) {
    trace.dropped(frames);
    if (client.receive().isClosed()) {
      device.counters().add(Counter.DROPPED_NO_CLIENT, frames);
    } else {
      device.counters().add(Counter.DROPPED_HANDOFF_FULL, frames);
      fullWarning.warn(
          frames,
          "upstream channel is full, dropping packet ({} so far, client {})",
          client.name());
    }
  }

  private Behavior<Command> onAttach(Attach attach) {
    for (int pair = 0; pair < clients.size(); pair++) {
      if (attach.client().isOn(pair)) {
        clients.get(pair).add(attach.client());
      }
    }
    return Behaviors.same();
  }

  private Behavior<Command> onDetach(Detach detach) {
    fullWarning.sayRest();
    clients.forEach(ofPair -> ofPair.remove(detach.client()));
    return Behaviors.same();
  }

  /**
   * Runs a step on the device; whatever the device does wrong ends in the parent's hands. The
   * answer is not {@code this}, for which each interceptor around the actor would be made anew.
   */
  private Behavior<Command> guarded(Runnable step) {
    if (!broken) {
      try {
        step.run();
      } catch (VirtioException | MachineException e) {
        broken = true;
        reports.broken(Fault.of(e));
      }
    }
    return Behaviors.same();
  }

  private Behavior<Command> onPostStop() {
    fullWarning.sayRest();
    lostWarning.sayRest();
    stormWarning.sayRest();
    busyPoll.stop();
    watch.stop();
    return Behaviors.same();
  }
}
