package virtionet.devicetree;

import java.util.Optional;

/** What on an interrupt line counts as an interrupt. */
public enum Trigger {
  RISING_EDGE,
  FALLING_EDGE,
  BOTH_EDGES,
  LEVEL_HIGH,
  LEVEL_LOW;

  /** Reads the sense bits that Linux's two-cell binding, the GIC and the APLIC share. */
  static Optional<Trigger> ofFlags(int flags) {
    return switch (flags & 0xf) {
      case 1 -> Optional.of(RISING_EDGE);
      case 2 -> Optional.of(FALLING_EDGE);
      case 3 -> Optional.of(BOTH_EDGES);
      case 4 -> Optional.of(LEVEL_HIGH);
      case 8 -> Optional.of(LEVEL_LOW);
      default -> Optional.empty();
    };
  }
}
