package virtionet;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import virtionet.Ethernet.Answered;
import virtionet.Ethernet.ClientGone;
import virtionet.Ethernet.Closed;
import virtionet.Ethernet.Data;
import virtionet.Ethernet.DriverGone;
import virtionet.Ethernet.Leave;
import virtionet.Ethernet.LingerOver;
import virtionet.Ethernet.LinkChanged;
import virtionet.Ethernet.LinkNow;
import virtionet.Ethernet.NotSent;
import virtionet.Ethernet.Opened;
import virtionet.Ethernet.Ready;
import virtionet.Ethernet.Room;
import virtionet.Ethernet.RoomAgain;
import virtionet.Ethernet.Session;
import virtionet.Ethernet.Woken;
import virtionet.driver.Client;
import virtionet.driver.Connect;
import virtionet.driver.HandOff;
import virtionet.driver.LinkMonitor;
import virtionet.driver.VirtioNetDriver;
import virtionet.driver.trace.ConnectTrace;
import virtionet.driver.trace.Deliveries;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Tracing;
import virtionet.net.Frame;
import virtionet.net.Link;
import virtionet.stream.EthernetConnection;
import virtionet.stream.StreamSettings;

/**
 * One client of a device that has its frames as messages. When the session is over, its place is
 * free at once, while the actor lingers: frames that are still on their way to it are released.
 */
final class EthernetSession extends AbstractBehavior<Session> implements LinkMonitor.Listener {
  private static final Woken WOKEN = new Woken();
  private static final RoomAgain ROOM_AGAIN = new RoomAgain();
  private static final Duration LINGER = Duration.ofSeconds(5);

  private final ActorRef<? super Ethernet.Event> client;
  private final ActorRef<Session> self;
  private final HandOff receive;
  private final HandOff transmit;

  /** The device watches it: it ends with the session, not with this actor. */
  private final ActorRef<Void> presence;

  private final Deliveries deliveries;
  private final ConnectTrace connect;
  private @Nullable LinkMonitor links;
  private long demand;

  static Behavior<Session> create(
      Ethernet.Open open, ActorRef<VirtioNetDriver.Command> driver, StreamSettings settings) {
    return TracedActor.around(
        Session.class,
        Set.of(Data.class, Ready.class, Woken.class, RoomAgain.class),
        Behaviors.setup(context -> new EthernetSession(context, open, driver, settings)));
  }

  private EthernetSession(
      ActorContext<Session> context,
      Ethernet.Open open,
      ActorRef<VirtioNetDriver.Command> driver,
      StreamSettings settings) {
    super(context);
    client = open.client();
    demand = Math.max(0, open.demand());
    self = context.getSelf();
    receive = new HandOff(settings.receiveHandOff());
    transmit = new HandOff(settings.transmitHandOff());
    receive.onWake(() -> self.tell(WOKEN));
    transmit.onRoom(() -> self.tell(ROOM_AGAIN));
    context.watchWith(client, new ClientGone());
    context.watchWith(driver, new DriverGone());
    presence = context.spawn(Behaviors.empty(), "presence");
    String name = client.path().toString();
    var asClient = new Client(name, presence, OptionalInt.empty(), receive, transmit);
    deliveries = new Deliveries(name);
    connect =
        ConnectTrace.begin(
            Tracing.of(context.getSystem()).here(), name, open.device(), asClient.pair());
    context.ask(
        Connect.Reply.class,
        driver,
        settings.connectTimeout(),
        replyTo -> new Connect(open.device(), asClient, replyTo, connect.work()),
        (reply, failure) -> new Answered(failure == null ? reply : unanswered(settings)));
  }

  private static Connect.Reply unanswered(StreamSettings settings) {
    return new Connect.Refused(
        "the driver did not answer within %d ms (virtionet.connect-timeout)"
            .formatted(settings.connectTimeout().toMillis()));
  }

  @Override
  public Receive<Session> createReceive() {
    return newReceiveBuilder()
        .onMessage(Data.class, this::onData)
        .onMessage(Ready.class, this::onReady)
        .onMessage(Woken.class, woken -> deliver())
        .onMessage(RoomAgain.class, room -> onRoom())
        .onMessage(LinkNow.class, now -> tell(new LinkChanged(now.link())))
        .onMessage(Answered.class, answered -> onAnswered(answered.reply()))
        .onMessage(Leave.class, leave -> end())
        .onMessage(ClientGone.class, gone -> end())
        .onMessage(DriverGone.class, gone -> onDriverGone())
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Session> tell(Ethernet.Event event) {
    client.tell(event);
    return this;
  }

  private Behavior<Session> onAnswered(Connect.Reply reply) {
    return switch (reply) {
      case Connect.Refused refused -> {
        connect.refused(refused.reason());
        client.tell(new Closed(refused.reason()));
        yield end();
      }
      case Connect.Connected connected -> {
        connect.connected(connected.device().info().name(), connected.device().info().queuePairs());
        client.tell(new Opened(self, EthernetConnection.of(connected.device())));
        links = connected.device().links();
        links.subscribe(this);
        yield deliver();
      }
    };
  }

  /** A connected client hears of it from its hand-off, after the last frame. */
  private Behavior<Session> onDriverGone() {
    return links == null ? onAnswered(new Connect.Refused("the driver has stopped")) : this;
  }

  private Behavior<Session> onData(Data data) {
    if (transmit.offer(data.frame())) {
      transmit.wake();
      return this;
    }
    client.tell(new NotSent(data.frame()));
    return transmit.awaitRoom() ? this : onRoom();
  }

  /** None where the device is lost: what comes next is the session's end. */
  private Behavior<Session> onRoom() {
    return transmit.isClosed() ? this : tell(new Room());
  }

  private Behavior<Session> onReady(Ready ready) {
    demand += Math.max(0, ready.frames());
    return deliver();
  }

  private Behavior<Session> deliver() {
    deliveries.begin(receive.taken());
    while (true) {
      if (receive.isOver(demand > 0)) {
        client.tell(
            new Closed(
                receive.failure().map(Throwable::getMessage).orElse("the driver has stopped")));
        return end();
      }
      // Without demand nobody sleeps here; the end wakes nevertheless.
      if (demand == 0) {
        if (deliveries.isOpen() && receive.size() == 0) {
          deliveries.end(receive.taken());
        }
        return this;
      }
      Frame frame = receive.poll();
      if (frame != null) {
        demand--;
        try {
          client.tell(new Data(frame.copy()));
        } finally {
          frame.release();
        }
      } else if (receive.sleep()) {
        deliveries.end(receive.taken());
        return this;
      }
    }
  }

  @Override
  public void changed(Link link) {
    self.tell(new LinkNow(link));
  }

  /** The hand-off tells the same, and why. */
  @Override
  public void ended() {}

  /** Gives the place free, and releases what the client has sent before it could know. */
  private Behavior<Session> end() {
    letGo();
    getContext().stop(presence);
    getContext().scheduleOnce(LINGER, self, new LingerOver());
    return Behaviors.receive(Session.class)
        .onMessage(
            Data.class,
            data -> {
              transmit.abandon(data.frame());
              return Behaviors.same();
            })
        .onMessage(LingerOver.class, over -> Behaviors.stopped())
        .onAnyMessage(other -> Behaviors.same())
        .build();
  }

  private Behavior<Session> onPostStop() {
    letGo();
    return this;
  }

  private void letGo() {
    LinkMonitor subscribed = links;
    if (subscribed != null) {
      subscribed.unsubscribe(this);
    }
    receive.close();
    transmit.finish();
    connect.ended();
  }
}
