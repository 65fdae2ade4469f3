package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetDevice;
import virtionet.net.TransmitQueue;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.VirtioException;

/**
 * The upstream state: moves the clients' frames from their hand-offs into the transmit rings, and
 * signals room as the device sends them. Owns the transmit queues.
 */
final class Upstream extends AbstractBehavior<Upstream.Command> {
  private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);

  sealed interface Command {}

  /** A client has frames, or has finished. */
  record Wake() implements Command {}

  /**
   * The device has used buffers, perhaps ours.
   *
   * @param taken run before the look at them: what is used from then on is told anew
   */
  record Completions(Runnable taken) implements Command {}

  /** There is more to send; others had their turn. */
  record Continue() implements Command {}

  /** From now on this client's frames are sent as well. */
  record Attach(Client client, Work work) implements Command, Carrier {}

  /** The client is gone; what it passed on before is still sent. */
  record Detach(Client client) implements Command {}

  /**
   * Frames go on the first so many queue pairs only. Told once no frame is left on the others: no
   * sooner may the device hear that these are not to be used any more (VirtIO 1.3 §5.1.6.5.6.1).
   */
  record UsePairs(int pairs, Runnable whenOthersAreEmpty) implements Command {}

  /** Time to look whether the device sends. */
  private record Look() implements Command {}

  private static final Look LOOK = new Look();

  static final Wake WAKE = new Wake();
  private static final Continue CONTINUE = new Continue();

  /** Frames taken from one client before the next has its turn. */
  private static final int CLIENT_BUDGET = 64;

  private final NetDevice device;
  private final Set<Client> unsent;
  private final Reports reports;
  private final BusyPoll busyPoll;
  private final Duration transmitTimeout;
  private final List<StallWatch> stallWatches = new ArrayList<>();
  private final TransmitTrace trace;

  /** In the order of their turns. */
  private final List<Client> senders = new ArrayList<>();

  /** Of a turn that goes on: those that found no room, and the others. */
  private final List<Client> leftOut = new ArrayList<>();

  private final List<Client> served = new ArrayList<>();

  private final RateLimitedWarning refusalWarning = new RateLimitedWarning(LOG);

  private final ActorRef<Command> self;

  // Made once: for each message they would be an object for each.
  private final Runnable pumped = this::pumpOnce;
  private final Predicate<Client> allSent = this::isSent;

  /** Whether {@link Continue} is on its way: one at a time, or under load they would multiply. */
  private boolean continuing;

  /** What was asked for, as long as there are frames on other pairs. */
  private @Nullable UsePairs narrowing;

  private boolean broken;

  /**
   * @param unsent all clients that were let in; those whose last frame was taken are taken out
   * @param transmitTimeout how long the device may take to send anything of what it has
   */
  static Behavior<Command> create(
      NetDevice device,
      Set<Client> unsent,
      Reports reports,
      BusyPoll busyPoll,
      Duration transmitTimeout) {
    return TracedActor.around(
        Command.class,
        Set.of(Wake.class, Completions.class, Continue.class, Look.class),
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      timers.startTimerWithFixedDelay(
                          LOOK, transmitTimeout.dividedBy(StallWatch.LOOKS));
                      return new Upstream(
                          context, device, unsent, reports, busyPoll, transmitTimeout);
                    })));
  }

  private Upstream(
      ActorContext<Command> context,
      NetDevice device,
      Set<Client> unsent,
      Reports reports,
      BusyPoll busyPoll,
      Duration transmitTimeout) {
    super(context);
    self = context.getSelf();
    this.device = device;
    this.unsent = unsent;
    this.reports = reports;
    this.busyPoll = busyPoll;
    this.transmitTimeout = transmitTimeout;
    device.transmitQueues().forEach(ring -> stallWatches.add(new StallWatch()));
    trace =
        new TransmitTrace(
            reports.name(),
            device.counters(),
            device.transmitQueues(),
            Tracing.of(context.getSystem()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Wake.class, wake -> pump())
        .onMessage(Completions.class, this::onCompletions)
        .onMessage(Continue.class, more -> onContinue())
        .onMessage(Look.class, look -> onLook())
        .onMessage(Attach.class, this::onAttach)
        .onMessage(Detach.class, this::onDetach)
        .onMessage(UsePairs.class, this::onUsePairs)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onAttach(Attach attach) {
    senders.add(attach.client());
    // Not the field: the hand-off may outlive this state and its device.
    ActorRef<Command> target = self;
    attach.client().transmit().onWake(() -> target.tell(WAKE));
    return pump();
  }

  private Behavior<Command> onDetach(Detach detach) {
    detach.client().transmit().finish();
    return pump();
  }

  private Behavior<Command> onUsePairs(UsePairs use) {
    device.enablePairs(use.pairs());
    narrowing = use;
    return pump();
  }

  private Behavior<Command> onCompletions(Completions completions) {
    completions.taken().run();
    return pump();
  }

  private Behavior<Command> onContinue() {
    continuing = false;
    return pump();
  }

  /** The device may have missed a doorbell, or its interrupt was: it is told once more at first. */
  private Behavior<Command> onLook() {
    pump();
    return guarded(this::lookForStalls);
  }

  private void lookForStalls() {
    List<TransmitQueue> rings = device.transmitQueues();
    for (int pair = 0; pair < rings.size() && !broken; pair++) {
      TransmitQueue ring = rings.get(pair);
      switch (stallWatches.get(pair).look(ring.inFlight())) {
        case FINE -> {}
        case SLOW -> ring.ringDoorbell();
        case STALLED -> onStall(pair);
      }
    }
  }

  /** Where the device allows it the queue alone is started anew, once: receiving goes on. */
  private void onStall(int pair) {
    TransmitQueue ring = device.transmitQueues().get(pair);
    var fault =
        new Fault(
            Fault.Kind.TRANSMIT_STALL,
            "it has %d frame(s) to transmit and sent none of them in %d ms (virtionet.transmit-timeout)"
                .formatted(ring.inFlight(), transmitTimeout.toMillis()));
    if (device.features().accepted(CommonFeature.RING_RESET)
        && stallWatches.get(pair).mayRestart()) {
      try {
        int aborted = device.restartTransmit(pair);
        trace.aborted(pair);
        device.counters().increment(Counter.QUEUE_RESTARTS);
        LOG.warn(
            "{}: {}; this queue alone was reset, {} frame(s) were aborted",
            reports.name(),
            fault.reason(),
            aborted);
        self.tell(WAKE);
        return;
      } catch (VirtioException e) {
        LOG.warn("{}: {}", reports.name(), e.getMessage());
      }
    }
    broken = true;
    reports.broken(fault);
  }

  /** Whatever the device does wrong ends in the parent's hands. */
  private Behavior<Command> pump() {
    return guarded(pumped);
  }

  private void pumpOnce() {
    if (turn() && !continuing) {
      continuing = true;
      self.tell(CONTINUE);
    }
    tellOfEmptyQueues();
  }

  /** The answer is not {@code this}, for which each interceptor would be made anew. */
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

  /** One turn over all clients; whether there is more to do at once. */
  private boolean turn() {
    List<TransmitQueue> rings = device.transmitQueues();
    for (int pair = 0; pair < rings.size(); pair++) {
      rings.get(pair).disableInterrupts();
      reap(pair, rings.get(pair));
    }
    trace.begin();
    boolean more = false;
    boolean full = false;
    for (int i = 0; i < senders.size(); i++) {
      Client sender = senders.get(i);
      Turn turn = sendFrom(sender);
      more |= turn == Turn.MORE;
      full |= turn == Turn.FULL || turn == Turn.LEFT_OUT;
      (turn == Turn.LEFT_OUT ? leftOut : served).add(sender);
    }
    queueUp();
    for (int pair = 0; pair < rings.size(); pair++) {
      TransmitQueue ring = rings.get(pair);
      trace.queued(pair);
      boolean rung = ring.flush();
      trace.published(pair, ring, rung, senders);
      full |= ring.room() == 0;
    }
    for (int i = 0; i < senders.size(); i++) {
      senders.get(i).transmit().signalRoom();
    }
    senders.removeIf(allSent);
    if (full) {
      device.counters().increment(Counter.TRANSMIT_RING_FULL);
    }
    busyPoll.awaitsCompletions(full || narrowing != null);
    if (full || more) {
      // Whoever has more and room does not wait for a ring of others.
      return awaitCompletions(rings) || more;
    }
    // Nobody waits for room: what was sent meanwhile is taken back without a further turn.
    while (awaitCompletions(rings)) {
      for (int pair = 0; pair < rings.size(); pair++) {
        reap(pair, rings.get(pair));
      }
    }
    return false;
  }

  private void reap(int pair, TransmitQueue ring) {
    int sent = ring.reap();
    stallWatches.get(pair).sent(sent);
    trace.reaped(pair, sent);
  }

  /**
   * Else the first would fill a short ring each time, and the others never had their turn. Whoever
   * found no room comes before those who did: to take turns regardless of that would leave out for
   * ever a client that is first only when there is no room.
   */
  private void queueUp() {
    if (senders.size() > 1) {
      if (leftOut.isEmpty()) {
        Collections.rotate(served, -1);
      }
      senders.clear();
      senders.addAll(leftOut);
      senders.addAll(served);
    }
    leftOut.clear();
    served.clear();
  }

  private void tellOfEmptyQueues() {
    UsePairs use = narrowing;
    if (use != null
        && device.transmitQueues().stream().skip(use.pairs()).allMatch(TransmitQueue::isEmpty)) {
      narrowing = null;
      use.whenOthersAreEmpty().run();
    }
  }

  /**
   * Asks for interrupts, if somebody has to; whether there are completions already, of which none
   * may tell.
   */
  private boolean awaitCompletions(List<TransmitQueue> rings) {
    if (busyPoll.isActive()) {
      return false;
    }
    boolean completed = false;
    for (int pair = 0; pair < rings.size(); pair++) {
      TransmitQueue ring = rings.get(pair);
      completed |= ring.inFlight() > 0 && ring.enableInterrupts();
    }
    return completed;
  }

  /** Whether the client has finished and its last frame was taken. */
  private boolean isSent(Client sender) {
    boolean sent = sender.transmit().isExhausted();
    if (sent) {
      unsent.remove(sender);
    }
    return sent;
  }

  /** What a client's turn ended with. */
  private enum Turn {
    /** It has more, and perhaps there is room. */
    MORE,
    /** It has sent some; its next frame found no room. */
    FULL,
    /** It found no room. */
    LEFT_OUT,
    /** It has no more. */
    NOTHING
  }

  /** A frame leaves the hand-off when it is in the ring: till then a reset does not touch it. */
  private Turn sendFrom(Client sender) {
    HandOff frames = sender.transmit();
    int sent = 0;
    while (sent < CLIENT_BUDGET) {
      if (!device.hasTransmitRoom(sender.pair())) {
        return sent == 0 ? Turn.LEFT_OUT : Turn.FULL;
      }
      int many = sendMany(frames, sender.pair(), CLIENT_BUDGET - sent);
      if (many > 0) {
        sent += many;
        continue;
      }
      Frame frame = frames.peek();
      if (frame == null) {
        return frames.sleep() ? Turn.NOTHING : Turn.MORE;
      }
      if (!sendOrDrop(frames, frame, sender.pair())) {
        return sent == 0 ? Turn.LEFT_OUT : Turn.FULL;
      }
      frames.poll();
      sent++;
    }
    return Turn.MORE;
  }

  /**
   * Sends frames that ask for nothing but that, as many as come next; how many. Where each frame
   * has a queue of its own to go to, or is to be told of, they go one by one.
   */
  private int sendMany(HandOff frames, OptionalInt pair, int most) {
    Optional<TransmitQueue> ring = device.transmitQueueOfAll(pair);
    if (ring.isEmpty() || LOG.isTraceEnabled()) {
      return 0;
    }
    try {
      return frames.pollInto(ring.get(), most);
    } catch (VirtioException | MachineException e) {
      throw e;
    } catch (RuntimeException e) {
      drop(frames);
      throw e;
    }
  }

  /** The next frame is one that the driver trips over, which is not to meet the device again. */
  private static void drop(HandOff frames) {
    Frame frame = frames.poll();
    if (frame != null) {
      frames.abandon(frame);
    }
  }

  /** A frame that the driver trips over is not to meet the next life of the device. */
  private boolean sendOrDrop(HandOff frames, Frame frame, OptionalInt pair) {
    try {
      return send(frame, device.transmitQueue(pair, frame));
    } catch (VirtioException | MachineException e) {
      throw e;
    } catch (RuntimeException e) {
      drop(frames);
      throw e;
    }
  }

  /** Whether the frame is out of the way. */
  private boolean send(Frame frame, TransmitQueue ring) {
    int length = frame.length();
    switch (ring.send(frame)) {
      case QUEUED -> LOG.trace("transmitting {} bytes", length);
      case FULL -> {
        return false;
      }
      case TOO_SHORT ->
          refusalWarning.warn(
              "refused {} frame(s) to transmit; the last had {}",
              length + " bytes, less than an Ethernet header");
      case TOO_LONG ->
          refusalWarning.warn(
              "refused {} frame(s) to transmit; the last had {}",
              length + " bytes, more than the MTU of " + device.mtu() + " allows");
      case WRONG_OFFLOAD ->
          refusalWarning.warn(
              "refused {} frame(s) to transmit; of the last {}",
              length + " bytes is said what cannot be: " + ring.refusal());
      case NOT_HELD ->
          refusalWarning.warn(
              "refused {} frame(s) to transmit; the last had {}",
              length + " bytes and had been released or sent before");
    }
    return true;
  }

  /**
   * What the clients' hand-offs still hold is sent after a reset, or is the device's to give up.
   */
  private Behavior<Command> onPostStop() {
    refusalWarning.sayRest();
    trace.end();
    return Behaviors.same();
  }
}
