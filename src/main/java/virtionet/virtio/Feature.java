package virtionet.virtio;

import java.util.List;
import java.util.Set;

/** A feature bit that the specification defines (VirtIO 1.3 §2.2). */
public interface Feature {

  /** The bit's number, 0 to 63. */
  int bit();

  /** The specification's name without its prefix, such as {@code EVENT_IDX}. */
  String name();

  /**
   * What must be accepted with it (VirtIO 1.3 §5.1.3.1): of each set in the list, one feature at
   * least.
   */
  List<Set<Feature>> needs();

  default long mask() {
    return 1L << bit();
  }

  default boolean in(long features) {
    return (features & mask()) != 0;
  }
}
