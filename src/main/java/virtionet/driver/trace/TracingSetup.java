package virtionet.driver.trace;

import akka.actor.setup.Setup;
import java.util.Objects;

/**
 * Has the driver of an actor system watched: {@code ActorSystem.create(guardian, "name",
 * ActorSystemSetup.create(BootstrapSetup.create(config), new TracingSetup(tracing)))}.
 */
public final class TracingSetup extends Setup {
  private final Tracing tracing;

  public TracingSetup(Tracing tracing) {
    this.tracing = Objects.requireNonNull(tracing, "tracing");
  }

  Tracing tracing() {
    return tracing;
  }
}
