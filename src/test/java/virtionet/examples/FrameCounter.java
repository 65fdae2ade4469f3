package virtionet.examples;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import virtionet.VirtioNet;

/** The first of docs/examples.md: tells of each frame that the network device receives. */
public final class FrameCounter {
  private FrameCounter() {}

  public static void main(String[] arguments) {
    // docs/examples.md: from here
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "frame-counter");
    var frames = VirtioNet.get(system).source().zipWithIndex();
    frames
        .runForeach(
            next -> {
              System.out.printf("%d: %d bytes%n", next.second() + 1, next.first().length());
              next.first().release(); // the buffer goes back to the device
            },
            system)
        .whenComplete((done, failure) -> system.terminate());
    // docs/examples.md: to here
  }
}
