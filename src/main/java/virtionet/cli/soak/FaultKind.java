package virtionet.cli.soak;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A way to break a running machine of QEMU. What is broken is QEMU itself, not a model of it. */
public enum FaultKind {
  /** A descriptor that names itself as the next: QEMU gives up and asks for a reset. */
  NEEDS_RESET(6, Outcome.RESET),
  /** A used index beyond all that is outstanding, at the time of an interrupt. */
  RING_VIOLATION(6, Outcome.RESET),
  /** The whole machine is reset behind the driver's back. */
  SYSTEM_RESET(6, Outcome.RESET),
  /** QEMU is killed; the driver starts another. */
  KILL(4, Outcome.RESET),
  /** Somebody asks for a restart. */
  RESTART(6, Outcome.RESET),
  /** The actor that transmits fails at a doorbell. */
  ACTOR(6, Outcome.RESET),
  /** The link goes down and up a hundred times a second. */
  LINK(2, Outcome.PATIENCE),
  /** QEMU is stopped for some seconds, and then goes on. */
  STOP(1, Outcome.PATIENCE);

  /** What the driver owes. */
  enum Outcome {
    /** The device is reset and started again. */
    RESET,
    /** Frames flow again, with a reset or without. */
    PATIENCE
  }

  private final int weight;
  private final Outcome outcome;

  FaultKind(int weight, Outcome outcome) {
    this.weight = weight;
    this.outcome = outcome;
  }

  /** How often it comes, against the others. */
  int weight() {
    return weight;
  }

  Outcome outcome() {
    return outcome;
  }

  /**
   * How many frames may be lost at most that are reported as sent. A link that is down and a QEMU
   * that is killed lose any number. A machine that is reset loses one: QEMU throws away the frame
   * for which its socket has no room, and says that it was sent.
   */
  long mayLoseUnsaid() {
    return switch (this) {
      case KILL, LINK -> Long.MAX_VALUE;
      case SYSTEM_RESET -> 1;
      default -> 0;
    };
  }

  /**
   * Reads its name.
   *
   * @throws IllegalArgumentException for a name that is none
   */
  public static FaultKind parse(String name) {
    return Stream.of(values())
        .filter(kind -> kind.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is no kind of fault: there are %s"
                        .formatted(
                            name,
                            Stream.of(values())
                                .map(FaultKind::toString)
                                .collect(Collectors.joining(", ")))));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
