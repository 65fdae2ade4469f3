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
 * The upstream state: moves the clients' frames from their hand-offs into the transmit ring, and
 * signals room as the device sends them. Owns the transmit queue.
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

  static final Wake WAKE = new Wake();
  static final Completions COMPLETIONS = new Completions();
  private static final Continue CONTINUE = new Continue();

  /** Frames taken from one client before the next has its turn. */
  private static final int CLIENT_BUDGET = 64;

  private final NetDevice device;
  private final Set<HandOff> unsent;
  private final ActorRef<Device.Command> parent;
  private final List<Client> clients = new ArrayList<>();
  private final RateLimitedWarning refusalWarning = new RateLimitedWarning(LOG);

  /** A frame that was polled and then found no room. */
  private @Nullable Frame waiting;

  /** Whether {@link Continue} is on its way: one at a time, or under load they would multiply. */
  private boolean continuing;

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
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onAttach(Attach attach) {
    clients.add(attach.client());
    ActorRef<Command> self = getContext().getSelf();
    attach.client().transmit().onWake(() -> self.tell(WAKE));
    return pump();
  }

  private Behavior<Command> onDetach(Detach detach) {
    detach.client().transmit().finish();
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
      } catch (VirtioException | MachineException e) {
        broken = true;
        parent.tell(new Device.Broken(String.valueOf(e.getMessage())));
      }
    }
    return this;
  }

  /** One turn over all clients; whether there is more to do at once. */
  private boolean turn() {
    TransmitQueue ring = device.transmitQueue();
    ring.disableInterrupts();
    ring.reap();
    boolean more = false;
    if (sendWaiting(ring)) {
      for (Client client : clients) {
        more |= sendFrom(client, ring);
      }
      // Else the first would fill a short ring each time, and the others never had their turn.
      Collections.rotate(clients, 1);
    }
    ring.flush();
    for (Client client : clients) {
      client.transmit().signalRoom();
    }
    clients.removeIf(this::isSent);
    boolean full = waiting != null || ring.room() == 0;
    if (full) {
      device.counters().increment(Counter.TRANSMIT_RING_FULL);
    }
    if (full || more) {
      boolean completed = ring.inFlight() > 0 && ring.enableInterrupts();
      return completed || !full;
    }
    // Nobody waits for room: what was sent meanwhile is taken back without a further turn.
    while (ring.inFlight() > 0 && ring.enableInterrupts()) {
      ring.reap();
    }
    return false;
  }

  /** Whether a client has finished and its last frame was taken. */
  private boolean isSent(Client client) {
    boolean sent = client.transmit().isExhausted();
    if (sent) {
      unsent.remove(client.transmit());
    }
    return sent;
  }

  /** Whether nothing waits any more. */
  private boolean sendWaiting(TransmitQueue ring) {
    Frame frame = waiting;
    if (frame == null) {
      return true;
    }
    waiting = null;
    return send(frame, ring);
  }

  /** Whether this client has more to send. */
  private boolean sendFrom(Client client, TransmitQueue ring) {
    for (int sent = 0; sent < CLIENT_BUDGET && waiting == null; sent++) {
      if (ring.room() == 0) {
        return true;
      }
      Frame frame = client.transmit().poll();
      if (frame == null) {
        return !client.transmit().sleep();
      }
      send(frame, ring);
    }
    return true;
  }

  /** Whether the frame is out of the way. */
  private boolean send(Frame frame, TransmitQueue ring) {
    int length = frame.length();
    switch (ring.send(frame)) {
      case QUEUED -> LOG.trace("transmitting {} bytes", length);
      case FULL -> {
        waiting = frame;
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
    Frame frame = waiting;
    if (frame != null) {
      waiting = null;
      device.counters().increment(Counter.TRANSMIT_ABORTED);
      frame.release();
    }
    return this;
  }
}
