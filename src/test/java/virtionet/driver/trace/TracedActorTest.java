package virtionet.driver.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.BehaviorTestKit;
import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Allocated;

/** What is told of one actor. */
class TracedActorTest {
  private static final String NAME = "bridge";

  @TempDir Path folder;

  private sealed interface Command {}

  private record Go() implements Command {}

  private record Frames() implements Command {}

  private record Strange() implements Command {}

  private record End() implements Command {}

  private record Fail() implements Command {}

  private static Behavior<Command> actor() {
    return TracedActor.around(
        Command.class,
        Set.of(Frames.class),
        Behaviors.receive(Command.class)
            .onMessage(Go.class, go -> Behaviors.same())
            .onMessage(Frames.class, frames -> Behaviors.same())
            .onMessage(Strange.class, strange -> Behaviors.unhandled())
            .onMessage(End.class, end -> Behaviors.stopped())
            .onMessage(
                Fail.class,
                fail -> {
                  throw new IllegalStateException("on purpose");
                })
            .build());
  }

  private List<String> told(Consumer<BehaviorTestKit<Command>> work) throws IOException {
    Path file = folder.resolve("actor.jfr");
    try (var recording = new Recording()) {
      recording.enable(ActorMessage.class);
      recording.start();
      work.accept(BehaviorTestKit.create(actor(), NAME));
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(ActorMessage.NAME))
        .filter(event -> event.getString("actor").endsWith("/" + NAME))
        .map(TracedActorTest::text)
        .toList();
  }

  private static String text(RecordedEvent event) {
    return "%s %s %s %s"
        .formatted(
            event.getString("kind"),
            event.getString("message"),
            event.getString("outcome"),
            event.getString("failure"))
        .strip();
  }

  @Test
  void eachControlMessageIsToldWithWhatCameOfIt() throws IOException {
    assertEquals(
        List.of(
            "start start handled",
            "message Go handled",
            "message Strange unhandled",
            "message End stopped"),
        told(
            kit -> {
              kit.run(new Go());
              kit.run(new Frames());
              kit.run(new Strange());
              kit.run(new End());
            }));
  }

  @Test
  void aFailureIsToldAndIsStillTheActors() throws IOException {
    assertEquals(
        List.of(
            "start start handled",
            "message Fail failed java.lang.IllegalStateException: on purpose",
            "signal PostStop unhandled"),
        told(kit -> assertThrows(IllegalStateException.class, () -> kit.run(new Fail()))));
  }

  /** What an actor does that does nothing. */
  private static final class Nothing implements BehaviorInterceptor.ReceiveTarget<Command> {
    @Override
    public Behavior<Command> apply(TypedActorContext<?> context, Command message) {
      return Behaviors.same();
    }

    @Override
    public void signalRestart(TypedActorContext<?> context) {}
  }

  @Test
  void withoutARecordingAMessageMakesNoObject() {
    var context = new AtomicReference<TypedActorContext<Command>>();
    BehaviorTestKit.create(
        Behaviors.<Command>setup(
            inside -> {
              context.set(inside);
              return Behaviors.empty();
            }));
    TypedActorContext<Command> own = Objects.requireNonNull(context.get());
    var traced = new TracedActor<Command>(Command.class, Set.of());
    var message = new Go();
    var target = new Nothing();
    assertFalse(Recorder.takesMessages());
    assertEquals(0, Allocated.bytesEach(() -> traced.aroundReceive(own, message, target)), 0.1);
    try (var recording = new Recording()) {
      recording.enable(ActorMessage.class);
      recording.start();
      assertTrue(Allocated.bytesEach(() -> traced.aroundReceive(own, message, target)) > 1);
    }
  }
}
