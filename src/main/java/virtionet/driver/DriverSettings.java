package virtionet.driver;

import java.time.Duration;
import java.util.Set;
import virtionet.net.NetSettings;

/**
 * How the driver is to work.
 *
 * @param compatible the device tree's {@code compatible} strings to look for
 * @param net how each device is set up
 * @param clientPolicy who may connect while somebody is connected
 * @param clientGrace how long a client waits for the place of one that is leaving
 * @param receiveBudget frames taken from a device before others get their turn
 * @param queueDispatcher id of the dispatcher of those who own a device's queues
 * @param busyPoll how long to look for more after the last frame before waiting for an interrupt
 * @param controlTimeout how long a device may take to answer a control command
 * @param transmitTimeout how long a device may have frames to transmit and send none
 * @param healthInterval how often to look whether a device is as it was started
 * @param quietAfter how long a device that sends may receive nothing before clients are told
 * @param recovery how a device that cannot go on is started anew
 * @param leakDetection whether to tell where frames were taken that are never released
 */
public record DriverSettings(
    Set<String> compatible,
    NetSettings net,
    ClientPolicy clientPolicy,
    Duration clientGrace,
    int receiveBudget,
    String queueDispatcher,
    Duration busyPoll,
    Duration controlTimeout,
    Duration transmitTimeout,
    Duration healthInterval,
    Duration quietAfter,
    RecoverySettings recovery,
    boolean leakDetection) {

  private static final Duration LONGEST_BUSY_POLL = Duration.ofMillis(10);

  public DriverSettings {
    compatible = Set.copyOf(compatible);
    if (compatible.isEmpty()) {
      throw new IllegalArgumentException("compatible: must name at least one string");
    }
    if (clientGrace.isNegative()) {
      throw new IllegalArgumentException("client-grace " + clientGrace + ": must not be below 0");
    }
    // Without a budget the interrupt state would come back for ever to a ring it never looks into.
    if (receiveBudget < 1) {
      throw new IllegalArgumentException(
          "receive-budget %d: must be at least 1 frame".formatted(receiveBudget));
    }
    // Longer ones would keep the thread from all else that waits on it.
    if (busyPoll.isNegative() || busyPoll.compareTo(LONGEST_BUSY_POLL) > 0) {
      throw new IllegalArgumentException(
          "busy-poll %s: must be from 0 to %s".formatted(busyPoll, LONGEST_BUSY_POLL));
    }
    requirePositive("control-timeout", controlTimeout);
    requirePositive("transmit-timeout", transmitTimeout);
    requirePositive("health-interval", healthInterval);
    requirePositive("quiet-after", quietAfter);
  }

  private static void requirePositive(String setting, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(setting + " " + value + ": must be more than 0");
    }
  }

  /** Who may connect while somebody is connected. */
  public enum ClientPolicy {
    /** Nobody. */
    EXCLUSIVE,
    /** Everybody; each gets all received frames, and all may send. */
    BROADCAST
  }
}
