package virtionet.testing;

import java.util.List;
import java.util.function.Consumer;

/**
 * How header and frame lie in a buffer, as features were negotiated (VirtIO 1.3 §5.1.6, §5.1.6.6).
 * Guarded by its model's lock.
 */
final class ModelFraming {
  private final ModelSettings settings;
  private final ModelStatus status;
  private final Consumer<String> violations;

  ModelFraming(ModelSettings settings, ModelStatus status, Consumer<String> violations) {
    this.settings = settings;
    this.status = status;
    this.violations = violations;
  }

  boolean isMergeable() {
    return status.accepted(ModelSettings.MRG_RXBUF);
  }

  int headerLength() {
    if (status.accepted(ModelHashes.HASH_REPORT)) {
      return ModelHashes.HEADER_LENGTH;
    }
    return settings.isLegacy() && !isMergeable() ? 10 : 12;
  }

  /** Without ANY_LAYOUT a legacy device wants the header in a descriptor of its own (§5.1.6.6). */
  void check(List<DeviceSideRing.Piece> pieces, boolean writable) {
    boolean anyLayout = !settings.isLegacy() || status.accepted(ModelSettings.ANY_LAYOUT);
    if (!anyLayout && pieces.get(0).bytes().byteSize() != headerLength()) {
      violations.accept(
          "the header has no descriptor of its own, and ANY_LAYOUT is not negotiated");
    }
    if (pieces.stream().anyMatch(piece -> piece.writable() != writable)) {
      violations.accept("a descriptor of the wrong direction");
    }
  }
}
