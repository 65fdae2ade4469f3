package virtionet.driver;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.trace.TracedActor;
import virtionet.net.ControlCommand.AcknowledgeAnnouncement;
import virtionet.net.Counter;
import virtionet.net.Counters;

/**
 * The announcing of a station for which its device asks (VirtIO 1.3 §5.1.6.5.4): whoever can
 * announces it, and then the device is told. One at a time, with a pause between: a device that
 * asks for ever cannot keep the network busy with it.
 */
final class Announcement extends AbstractBehavior<Announcement.Command> {
  static final Logger LOG = LoggerFactory.getLogger(Announcement.class);

  private static final Duration PAUSE = Duration.ofMillis(50);

  sealed interface Command {}

  /** The device asks for it. */
  record Asked() implements Command {}

  /** All have announced, or had their time. */
  record Announced() implements Command {}

  /** The device was told; empty when nobody answered. */
  record Acknowledged(Optional<ControlRequest.Reply> reply) implements Command {}

  /** The next one may come. */
  record PauseOver() implements Command {}

  static final Asked ASKED = new Asked();

  private final DeviceControl control;
  private final DeviceEvents events;
  private final Counters counters;
  private final Duration timeout;
  private final ActorRef<Device.Command> parent;
  private boolean busy;

  /** Whether the device has asked, or still asks, since the announcement that goes on began. */
  private boolean askedAgain;

  static Behavior<Command> create(
      DeviceControl control,
      DeviceEvents events,
      Counters counters,
      Duration timeout,
      ActorRef<Device.Command> parent) {
    return TracedActor.around(
        Command.class,
        Behaviors.setup(
            context -> new Announcement(context, control, events, counters, timeout, parent)));
  }

  private Announcement(
      ActorContext<Command> context,
      DeviceControl control,
      DeviceEvents events,
      Counters counters,
      Duration timeout,
      ActorRef<Device.Command> parent) {
    super(context);
    this.control = control;
    this.events = events;
    this.counters = counters;
    this.timeout = timeout;
    this.parent = parent;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Asked.class, asked -> onAsked())
        .onMessage(Announced.class, announced -> onAnnounced())
        .onMessage(Acknowledged.class, this::onAcknowledged)
        .onMessage(PauseOver.class, over -> onPauseOver())
        .build();
  }

  private Behavior<Command> onAsked() {
    if (busy) {
      askedAgain = true;
      return this;
    }
    busy = true;
    askedAgain = false;
    counters.increment(Counter.ANNOUNCEMENTS);
    LOG.debug("{} asks for its announcement", parent.path().name());
    events.tell(new DeviceEvent.AnnouncementAsked());
    getContext()
        .pipeToSelf(
            control
                .announce()
                .toCompletableFuture()
                .completeOnTimeout(Done.getInstance(), timeout.toNanos(), TimeUnit.NANOSECONDS),
            (done, failure) -> new Announced());
    return this;
  }

  private Behavior<Command> onAnnounced() {
    getContext()
        .ask(
            ControlRequest.Reply.class,
            parent,
            timeout.multipliedBy(2),
            replyTo -> new ControlRequest(new AcknowledgeAnnouncement(), replyTo),
            (reply, failure) -> new Acknowledged(Optional.ofNullable(reply)));
    return this;
  }

  private Behavior<Command> onAcknowledged(Acknowledged acknowledged) {
    if (acknowledged.reply().orElse(null) instanceof ControlRequest.Failed failed) {
      LOG.warn("an announcement was not acknowledged: {}", failed.reason().getMessage());
    }
    getContext().scheduleOnce(PAUSE, getContext().getSelf(), new PauseOver());
    return this;
  }

  private Behavior<Command> onPauseOver() {
    busy = false;
    if (askedAgain) {
      // It may have been the same wish that was seen twice: only a look tells.
      parent.tell(new Device.LookAgain());
    }
    return this;
  }
}
