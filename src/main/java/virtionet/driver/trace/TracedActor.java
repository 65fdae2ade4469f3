package virtionet.driver.trace;

import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.Signal;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands around the behavior of an actor and tells the recorder what the actor handles, how long
 * that takes, and what comes of it; and those who watch some {@link Work} what is done for it. To
 * be put inside {@link Behaviors#supervise}: there it sees exceptions, and whether the actor is
 * restarted after them.
 */
public final class TracedActor<T> extends BehaviorInterceptor<T, T> {
  private final Set<Class<? extends T>> dataPath;
  private @Nullable String path;

  /** Of the last message, if the actor failed at it. */
  private String failure = "";

  TracedActor(Class<T> messages, Set<Class<? extends T>> dataPath) {
    super(messages);
    this.dataPath = dataPath;
  }

  /**
   * An actor all of whose messages are told of.
   *
   * @param messages the type of all the actor's messages
   */
  public static <T> Behavior<T> around(Class<T> messages, Behavior<T> behavior) {
    return around(messages, Set.of(), behavior);
  }

  /**
   * An actor of the data path.
   *
   * @param dataPath messages that come with frames, and are told of only when the actor fails at
   *     them
   */
  public static <T> Behavior<T> around(
      Class<T> messages, Set<Class<? extends T>> dataPath, Behavior<T> behavior) {
    return Behaviors.intercept(() -> new TracedActor<>(messages, dataPath), behavior);
  }

  @Override
  public Behavior<T> aroundStart(TypedActorContext<T> context, PreStartTarget<T> target) {
    return Recorder.takesMessages()
        ? told(context, ActorMessage.START, "start", true, () -> target.start(context))
        : target.start(context);
  }

  @Override
  public Behavior<T> aroundReceive(
      TypedActorContext<T> context, T message, ReceiveTarget<T> target) {
    if (!Recorder.takesMessages()) {
      return apply(context, message, target);
    }
    return told(
        context,
        ActorMessage.MESSAGE,
        nameOf(message),
        !dataPath.contains(message.getClass()),
        () -> apply(context, message, target));
  }

  /** What a message does for some work is a part of it. */
  private Behavior<T> apply(TypedActorContext<T> context, T message, ReceiveTarget<T> target) {
    if (!(message instanceof Carrier carrier) || !carrier.work().isWatched()) {
      return target.apply(context, message);
    }
    Work handling =
        carrier.work().begin("handle " + nameOf(message)).with("virtionet.actor", pathOf(context));
    try {
      return target.apply(context, message);
    } catch (Throwable e) {
      handling.fail(e);
      throw e;
    } finally {
      handling.end();
    }
  }

  @Override
  public Behavior<T> aroundSignal(
      TypedActorContext<T> context, Signal signal, SignalTarget<T> target) {
    if (!Recorder.takesMessages()) {
      return target.apply(context, signal);
    }
    if (!failure.isEmpty()) {
      if (signal instanceof PreRestart) {
        tellOfRestart(context, ActorRestart.RESTARTED);
      } else if (signal instanceof PostStop) {
        tellOfRestart(context, ActorRestart.ENDED);
      }
    }
    return told(
        context, ActorMessage.SIGNAL, nameOf(signal), true, () -> target.apply(context, signal));
  }

  /**
   * @param always whether it is also told of when it does not fail
   */
  private Behavior<T> told(
      TypedActorContext<T> context,
      String kind,
      String message,
      boolean always,
      Supplier<Behavior<T>> step) {
    var event = new ActorMessage();
    event.kind = kind;
    event.message = message;
    event.begin();
    try {
      Behavior<T> next = step.get();
      if (always) {
        event.outcome = outcome(next);
        commit(context, event);
      }
      return next;
    } catch (Throwable e) {
      failure = e.toString();
      event.outcome = ActorMessage.FAILED;
      event.failure = failure;
      commit(context, event);
      throw e;
    }
  }

  private void commit(TypedActorContext<T> context, ActorMessage event) {
    event.end();
    event.actor = pathOf(context);
    event.commit();
  }

  private static String outcome(Behavior<?> next) {
    if (Behavior.isUnhandled(next)) {
      return ActorMessage.UNHANDLED;
    }
    return Behavior.isAlive(next) ? ActorMessage.HANDLED : ActorMessage.STOPPED;
  }

  private void tellOfRestart(TypedActorContext<T> context, String decision) {
    var event = new ActorRestart();
    event.actor = pathOf(context);
    event.decision = decision;
    event.failure = failure;
    event.commit();
    failure = "";
  }

  private String pathOf(TypedActorContext<T> context) {
    String known = path;
    if (known == null) {
      known = context.asJava().getSelf().path().toStringWithoutAddress();
      path = known;
    }
    return known;
  }

  /** Signals are Scala's objects, some of them. */
  private static String nameOf(Object message) {
    String name = message.getClass().getSimpleName();
    return name.endsWith("$") ? name.substring(0, name.length() - 1) : name;
  }
}
