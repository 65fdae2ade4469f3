package virtionet;

import akka.actor.setup.Setup;
import java.util.Objects;
import java.util.function.Supplier;
import virtionet.machine.Machine;

/**
 * Gives an actor system's driver a machine of the application's own instead of the one that the
 * configuration names: {@code ActorSystem.create(guardian, "name",
 * ActorSystemSetup.create(BootstrapSetup.create(config), new MachineSetup(() -> machine)))}.
 */
public final class MachineSetup extends Setup {
  private final Supplier<Machine> opener;

  /**
   * @param opener opens the machine when the driver starts; the driver closes it
   */
  public MachineSetup(Supplier<Machine> opener) {
    this.opener = Objects.requireNonNull(opener, "opener");
  }

  Supplier<Machine> opener() {
    return opener;
  }
}
