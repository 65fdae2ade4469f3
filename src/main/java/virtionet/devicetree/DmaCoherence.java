package virtionet.devicetree;

/** Whether device and processor see each other's writes to memory without cache upkeep. */
public enum DmaCoherence {
  /** {@code dma-coherent} on the node or above it. */
  COHERENT,
  /** {@code dma-noncoherent} on the node or above it. */
  NON_COHERENT,
  /** The tree is silent: on RISC-V that means coherent, on Arm it means non-coherent. */
  UNSPECIFIED;

  /**
   * Whether it is coherent.
   *
   * @param unspecified what the architecture takes silence for
   */
  public boolean orElse(boolean unspecified) {
    return switch (this) {
      case COHERENT -> true;
      case NON_COHERENT -> false;
      case UNSPECIFIED -> unspecified;
    };
  }
}
