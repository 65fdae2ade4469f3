package virtionet.testing;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which registers of virtio-mmio there are (VirtIO 1.3 §4.2.2, §4.2.4), and how each is accessed.
 */
final class RegisterMap {
  static final int CONFIG = 0x100;

  static final Set<Integer> IDENTITY = Set.of(0x000, 0x004, 0x008);
  private static final Set<Integer> MODERN_READ =
      Set.of(0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x044, 0x060, 0x070, 0x0c0, 0x0fc);
  private static final Set<Integer> MODERN_WRITE =
      Set.of(
          0x014, 0x020, 0x024, 0x030, 0x038, 0x044, 0x050, 0x064, 0x070, 0x080, 0x084, 0x090, 0x094,
          0x0a0, 0x0a4, 0x0c0);
  private static final Set<Integer> LEGACY_READ =
      Set.of(0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x040, 0x060, 0x070);
  private static final Set<Integer> LEGACY_WRITE =
      Set.of(0x014, 0x020, 0x024, 0x028, 0x030, 0x038, 0x03c, 0x040, 0x050, 0x064, 0x070);

  /** Those that stand for the chosen queue. */
  static final Set<Integer> OF_A_QUEUE =
      Set.of(0x034, 0x038, 0x03c, 0x040, 0x044, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0c0);

  static final Set<Integer> ADDRESSES = Set.of(0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4);

  /** A field of the configuration space: its width, and features of which one must be offered. */
  private record Field(int bytes, List<Integer> gates) {
    static Field of(int bytes, Integer... gates) {
      return new Field(bytes, List.of(gates));
    }
  }

  private static final Map<Integer, Field> FIELDS =
      Map.ofEntries(
          Map.entry(0, Field.of(1)),
          Map.entry(1, Field.of(1)),
          Map.entry(2, Field.of(1)),
          Map.entry(3, Field.of(1)),
          Map.entry(4, Field.of(1)),
          Map.entry(5, Field.of(1)),
          Map.entry(6, Field.of(2, 16)),
          Map.entry(8, Field.of(2, 22, 60)),
          Map.entry(10, Field.of(2, 3)),
          Map.entry(12, Field.of(4, 63)),
          Map.entry(16, Field.of(1, 63)),
          Map.entry(17, Field.of(1, 57, 60)),
          Map.entry(18, Field.of(2, 60)),
          Map.entry(20, Field.of(4, 57, 60)),
          Map.entry(24, Field.of(4, 51)));

  private RegisterMap() {}

  /** Whether a driver may read it. */
  static boolean isReadable(int register, boolean legacy) {
    return (legacy ? LEGACY_READ : MODERN_READ).contains(register);
  }

  /** Whether a driver may write it. */
  static boolean isWritable(int register, boolean legacy) {
    return (legacy ? LEGACY_WRITE : MODERN_WRITE).contains(register);
  }

  /** What is wrong with so wide a read there, if something is. */
  static Optional<String> problem(long offset, int bytes, long offered) {
    Field field = FIELDS.get((int) offset - CONFIG);
    if (offset < CONFIG) {
      return Optional.of(
          "read of %d bytes at 0x%x: a register has 4 (§4.2.2.2)".formatted(bytes, offset));
    }
    if (field == null) {
      return Optional.of(
          "read of the configuration at %d, where no field begins (§5.1.4)"
              .formatted(offset - CONFIG));
    }
    if (field.bytes() != bytes) {
      return Optional.of(
          "read of %d bytes of a field of %d at %d (§4.2.2.2)"
              .formatted(bytes, field.bytes(), offset - CONFIG));
    }
    boolean given =
        field.gates().isEmpty()
            || field.gates().stream().anyMatch(bit -> (offered >>> bit & 1) != 0);
    return given
        ? Optional.empty()
        : Optional.of(
            "read of the configuration at %d, whose feature is not offered"
                .formatted(offset - CONFIG));
  }
}
