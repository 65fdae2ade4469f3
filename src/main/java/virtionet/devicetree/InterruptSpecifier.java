package virtionet.devicetree;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** One interrupt of a device: the controller it is wired to, and what that one calls it. */
public sealed interface InterruptSpecifier {

  /** The node of the interrupt controller. */
  Node controller();

  /** The specifier as it stands in the tree: as many cells as {@code #interrupt-cells} says. */
  List<Integer> cells();

  /** The line's number in the controller's own counting; empty where it is not known. */
  OptionalInt number();

  /** Empty where the tree does not tell. */
  Optional<Trigger> trigger();

  /**
   * One cell, the line (RISC-V PLIC), or two, line and trigger (RISC-V APLIC and most others).
   *
   * @param line unsigned
   */
  record Line(Node controller, List<Integer> cells, int line, Optional<Trigger> trigger)
      implements InterruptSpecifier {
    @Override
    public OptionalInt number() {
      return OptionalInt.of(line);
    }
  }

  /**
   * An interrupt of an Arm GIC: at least three cells, type, number and flags.
   *
   * @param index counted from 0 within its type
   */
  record Gic(
      Node controller, List<Integer> cells, GicType type, int index, Optional<Trigger> trigger)
      implements InterruptSpecifier {
    /** The {@link #index()}: QEMU wires its lines by it, too. */
    @Override
    public OptionalInt number() {
      return OptionalInt.of(index);
    }

    /** The number by which the GIC reports the interrupt to a processor. */
    public int intId() {
      return type.firstId + index;
    }
  }

  /** What a GIC interrupt is wired to: the value of its first cell is the ordinal here. */
  enum GicType {
    /** Shared by all processors. */
    SPI(32, 988),
    /** Private to a processor. */
    PPI(16, 16),
    EXTENDED_SPI(4096, 1024),
    EXTENDED_PPI(1056, 64);

    private final int firstId;
    private final int count;

    GicType(int firstId, int count) {
      this.firstId = firstId;
      this.count = count;
    }

    int count() {
      return count;
    }
  }

  /** Of a controller whose way to count is not known here. */
  record Opaque(Node controller, List<Integer> cells) implements InterruptSpecifier {
    @Override
    public OptionalInt number() {
      return OptionalInt.empty();
    }

    @Override
    public Optional<Trigger> trigger() {
      return Optional.empty();
    }
  }
}
