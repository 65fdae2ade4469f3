package virtionet;

import com.typesafe.config.Config;
import java.util.function.Supplier;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;

/** Opens the machine that the configuration names. */
final class ConfiguredMachine {
  private ConfiguredMachine() {}

  /**
   * The settings are read at once, so that a wrong one is refused at start; opening comes later.
   */
  static Supplier<Machine> opener(Config machine) {
    String type = machine.getString("type");
    return () -> {
      throw new MachineException("no machine " + type);
    };
  }
}
