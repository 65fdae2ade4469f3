package virtionet.net;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * The state of the wire.
 *
 * @param up whether frames can pass; a device that does not tell counts as up
 * @param speed in Mbit/s; empty when unknown
 */
public record Link(boolean up, OptionalLong speed, Duplex duplex) {
  public Link {
    Objects.requireNonNull(speed, "speed");
    Objects.requireNonNull(duplex, "duplex");
  }

  /** Whether both sides may send at once. */
  public enum Duplex {
    HALF,
    FULL,
    UNKNOWN
  }

  /** What can be said of a device that does not tell. */
  static final Link ASSUMED_UP = new Link(true, OptionalLong.empty(), Duplex.UNKNOWN);

  @Override
  public String toString() {
    String text = up ? "up" : "down";
    if (speed.isPresent()) {
      text += ", " + speed.getAsLong() + " Mbit/s";
    }
    return switch (duplex) {
      case FULL -> text + ", full duplex";
      case HALF -> text + ", half duplex";
      case UNKNOWN -> text;
    };
  }
}
