package virtionet.cluster;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import akka.stream.javadsl.Flow;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import virtionet.Ethernet;
import virtionet.net.Frame;
import virtionet.stream.ConnectionRefusedException;
import virtionet.stream.FrameParcel;

/** Asks each node's service in turn, as the Receptionist tells of them, until one connects. */
final class ServiceFinder extends AbstractBehavior<ServiceFinder.Message> {
  private static final AtomicLong FINDERS = new AtomicLong();

  sealed interface Message {}

  private record Listed(Receptionist.Listing listing) implements Message {}

  private record Answered(Ethernet.Reply reply) implements Message {}

  private record TooLate() implements Message {}

  private final ServiceKey<Ethernet.Command> key;
  private final Optional<String> device;
  private final Duration patience;
  private final CompletableFuture<RemoteDevice> answer;
  private final ActorRef<Ethernet.Reply> replies;
  private final Set<ActorRef<Ethernet.Command>> seen = new HashSet<>();
  private final Deque<ActorRef<Ethernet.Command>> toAsk = new ArrayDeque<>();
  private final List<String> refusals = new ArrayList<>();
  private @Nullable ActorRef<Ethernet.Command> asked;

  /**
   * Completes with the first that connects; fails when all have refused, or none answers in time.
   */
  static CompletionStage<RemoteDevice> find(
      ActorSystem<?> system, String service, Optional<String> device, Duration patience) {
    var answer = new CompletableFuture<RemoteDevice>();
    system.systemActorOf(
        Behaviors.<Message>setup(
            context ->
                new ServiceFinder(context, Ethernet.service(service), device, patience, answer)),
        "virtionet-finder-" + FINDERS.incrementAndGet(),
        Props.empty());
    return answer;
  }

  private ServiceFinder(
      ActorContext<Message> context,
      ServiceKey<Ethernet.Command> key,
      Optional<String> device,
      Duration patience,
      CompletableFuture<RemoteDevice> answer) {
    super(context);
    this.key = key;
    this.device = device;
    this.patience = patience;
    this.answer = answer;
    replies = context.messageAdapter(Ethernet.Reply.class, Answered::new);
    context.scheduleOnce(patience, context.getSelf(), new TooLate());
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                key, context.messageAdapter(Receptionist.Listing.class, Listed::new)));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Listed.class, this::onListed)
        .onMessage(Answered.class, answered -> onAnswered(answered.reply()))
        .onMessage(TooLate.class, late -> fail(tooLate()))
        .onSignal(PostStop.class, stop -> fail("the actor system ends"))
        .build();
  }

  private Behavior<Message> onListed(Listed listed) {
    Set<ActorRef<Ethernet.Command>> services = listed.listing().getServiceInstances(key);
    services.stream().filter(seen::add).forEach(toAsk::add);
    // Who is gone from the cluster answers no more.
    toAsk.retainAll(services);
    return asked == null || !services.contains(asked) ? askNext() : this;
  }

  private Behavior<Message> askNext() {
    ActorRef<Ethernet.Command> next = toAsk.poll();
    asked = next;
    if (next != null) {
      next.tell(new Ethernet.ConnectRemotely(device, Ethernet.PROTOCOL, replies));
    }
    return this;
  }

  private Behavior<Message> onAnswered(Ethernet.Reply reply) {
    return switch (reply) {
      case Ethernet.ConnectedRemotely connected -> {
        answer.complete(
            new RemoteDevice(
                nodeAsked(),
                connected.device(),
                connected.mac(),
                connected.mtu(),
                frames(connected)));
        yield Behaviors.stopped();
      }
      case Ethernet.Refused refused -> {
        refusals.add(nodeAsked() + ": " + refused.reason());
        yield toAsk.isEmpty() ? fail(String.join("; ", refusals)) : askNext();
      }
      case Ethernet.Connected flow -> throw new IllegalStateException("asked for no local flow");
    };
  }

  /** Copies before anything that could forget a frame; here its bytes go on, and it does not. */
  private static Flow<Frame, Frame, NotUsed> frames(Ethernet.ConnectedRemotely connected) {
    return FrameParcel.packing()
        .via(Flow.fromSinkAndSource(connected.toSend().getSink(), connected.received().getSource()))
        .via(FrameParcel.unpacking());
  }

  private String nodeAsked() {
    ActorRef<Ethernet.Command> at = asked;
    if (at == null) {
      return "nobody";
    }
    var address = at.path().address();
    return (address.hasLocalScope() ? getContext().getSystem().address() : address).toString();
  }

  private String tooLate() {
    return asked == null
        ? "no node has a service %s within %d ms (is a driver on a node, and akka.actor.provider = cluster on both?)"
            .formatted(key.id(), patience.toMillis())
        : "%s has not answered within %d ms".formatted(nodeAsked(), patience.toMillis());
  }

  /** Of no effect once it was answered. */
  private Behavior<Message> fail(String reason) {
    answer.completeExceptionally(new ConnectionRefusedException(reason));
    return Behaviors.stopped();
  }
}
