package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetDevice;
import virtionet.net.TransmitQueue;
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

  /** The device has used buffers, perhaps ours. */
  record Completions() implements Command {}

  /** There is more to send; others had their turn. */
  record Continue() implements Command {}

  /** From now on this client's frames are sent as well. */
  record Attach(Client client) implements Command {}

  /** The client is gone; what it passed on before is still sent. */
  record Detach(Client client) implements Command {}

  /**
   * Frames go on the first so many queue pairs only. Told once no frame is left on the others: no
   * sooner may the device hear that these are not to be used any more (VirtIO 1.3 §5.1.6.5.6.1).
   */
  record UsePairs(int pairs, Runnable whenOthersAreEmpty) implements Command {}

  static final Wake WAKE = new Wake();
  static final Completions COMPLETIONS = new Completions();
  private static final Continue CONTINUE = new Continue();

  /** Frames taken from one client before the next has its turn. */
  private static final int CLIENT_BUDGET = 64;

  private final NetDevice device;
  private final Set<HandOff> unsent;
  private final ActorRef<Device.Command> parent;
  private final List<Sender> senders = new ArrayList<>();
  private final RateLimitedWarning refusalWarning = new RateLimitedWarning(LOG);

  /** A client, and its frame that was polled and then found no room. */
  private static final class Sender {
    private final Client client;
    private @Nullable Frame waiting;

    private Sender(Client client) {
      this.client = client;
    }

    /** Whether it has finished and its last frame was taken. */
    private boolean isSent() {
      return waiting == null && client.transmit().isExhausted();
    }
  }

  /** Whether {@link Continue} is on its way: one at a time, or under load they would multiply. */
  private boolean continuing;

  /** What was asked for, as long as there are frames on other pairs. */
  private @Nullable UsePairs narrowing;

  private boolean broken;

  /**
   * @param unsent the hand-offs of all clients that were let in; those that are sent to the last
   *     frame are taken out here
   */
  static Behavior<Command> create(
      NetDevice device, Set<HandOff> unsent, ActorRef<Device.Command> parent) {
    return Behaviors.setup(context -> new Upstream(context, device, unsent, parent));
  }

  private Upstream(
      ActorContext<Command> context,
      NetDevice device,
      Set<HandOff> unsent,
      ActorRef<Device.Command> parent) {
    super(context);
    this.device = device;
    this.unsent = unsent;
    this.parent = parent;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Wake.class, wake -> pump())
        .onMessage(Completions.class, completions -> pump())
        .onMessage(Continue.class, more -> onContinue())
        .onMessage(Attach.class, this::onAttach)
        .onMessage(Detach.class, this::onDetach)
        .onMessage(UsePairs.class, this::onUsePairs)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onAttach(Attach attach) {
    senders.add(new Sender(attach.client()));
    ActorRef<Command> self = getContext().getSelf();
    attach.client().transmit().onWake(() -> self.tell(WAKE));
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

  private Behavior<Command> onContinue() {
    continuing = false;
    return pump();
  }

  /** Whatever the device does wrong ends in the parent's hands. */
  private Behavior<Command> pump() {
    if (!broken) {
      try {
        if (turn() && !continuing) {
          continuing = true;
          getContext().getSelf().tell(CONTINUE);
        }
        tellOfEmptyQueues();
      } catch (VirtioException | MachineException e) {
        broken = true;
        parent.tell(new Device.Broken(String.valueOf(e.getMessage())));
      }
    }
    return this;
  }

  /** One turn over all clients; whether there is more to do at once. */
  private boolean turn() {
    List<TransmitQueue> rings = device.transmitQueues();
    for (TransmitQueue ring : rings) {
      ring.disableInterrupts();
      ring.reap();
    }
    boolean more = false;
    for (Sender sender : senders) {
      more |= sendFrom(sender);
    }
    // Else the first would fill a short ring each time, and the others never had their turn.
    Collections.rotate(senders, 1);
    boolean full = false;
    for (TransmitQueue ring : rings) {
      ring.flush();
      full |= ring.room() == 0;
    }
    for (Sender sender : senders) {
      sender.client.transmit().signalRoom();
      full |= sender.waiting != null;
    }
    senders.removeIf(this::isSent);
    if (full) {
      device.counters().increment(Counter.TRANSMIT_RING_FULL);
    }
    if (full || more) {
      return awaitCompletions(rings) || !full;
    }
    // Nobody waits for room: what was sent meanwhile is taken back without a further turn.
    while (awaitCompletions(rings)) {
      rings.forEach(TransmitQueue::reap);
    }
    return false;
  }

  private void tellOfEmptyQueues() {
    UsePairs use = narrowing;
    if (use != null
        && device.transmitQueues().stream().skip(use.pairs()).allMatch(TransmitQueue::isEmpty)) {
      narrowing = null;
      use.whenOthersAreEmpty().run();
    }
  }

  /** Asks for interrupts; whether there are completions already, of which none may tell. */
  private static boolean awaitCompletions(List<TransmitQueue> rings) {
    boolean completed = false;
    for (TransmitQueue ring : rings) {
      completed |= ring.inFlight() > 0 && ring.enableInterrupts();
    }
    return completed;
  }

  private boolean isSent(Sender sender) {
    boolean sent = sender.isSent();
    if (sent) {
      unsent.remove(sender.client.transmit());
    }
    return sent;
  }

  /** Whether this client has more to send, and perhaps room for it. */
  private boolean sendFrom(Sender sender) {
    HandOff frames = sender.client.transmit();
    for (int sent = 0; sent < CLIENT_BUDGET; sent++) {
      if (sender.waiting == null && !device.hasTransmitRoom(sender.client.pair())) {
        return true;
      }
      Frame frame = sender.waiting == null ? frames.poll() : sender.waiting;
      sender.waiting = null;
      if (frame == null) {
        return !frames.sleep();
      }
      if (!send(frame, device.transmitQueue(sender.client.pair(), frame))) {
        sender.waiting = frame;
        return false;
      }
    }
    return true;
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

  /** What the clients' hand-offs still hold is the parent's to give up. */
  private Behavior<Command> onPostStop() {
    refusalWarning.sayRest();
    for (Sender sender : senders) {
      Frame frame = sender.waiting;
      if (frame != null) {
        sender.waiting = null;
        device.counters().increment(Counter.TRANSMIT_ABORTED);
        frame.release();
      }
    }
    return this;
  }
}
