package virtionet.driver;

import java.time.Duration;
import java.util.Set;
import virtionet.driver.DriverSettings.ClientPolicy;
import virtionet.net.NetSettings;

/** Settings of a driver whose actors are tested one by one. */
final class TestSettings {
  private TestSettings() {}

  /** Exclusive clients, no busy polling, no recovery. */
  static DriverSettings of(Duration clientGrace, int receiveBudget) {
    return new DriverSettings(
        Set.of("virtio,mmio"),
        NetSettings.defaults(),
        ClientPolicy.EXCLUSIVE,
        clientGrace,
        receiveBudget,
        "virtionet.event-loop",
        Duration.ZERO,
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        RecoverySettings.never(),
        /* leakDetection= */ true);
  }
}
