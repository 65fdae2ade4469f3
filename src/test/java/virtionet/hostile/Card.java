package virtionet.hostile;

import virtionet.testing.ModelSettings;

/** The kinds of card that a misbehaviour is tried on. */
enum Card {
  SPLIT,
  PACKED,
  LEGACY,
  /** Each frame takes two descriptors: the header has one of its own. */
  LEGACY_TWO_PIECES;

  ModelSettings settings() {
    return switch (this) {
      case SPLIT -> ModelSettings.modern();
      case PACKED -> ModelSettings.modern().offering(ModelSettings.RING_PACKED);
      case LEGACY -> ModelSettings.legacy();
      case LEGACY_TWO_PIECES -> ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT);
    };
  }

  boolean isPacked() {
    return this == PACKED;
  }

  /** Buffers in a receive queue of 8 descriptors. */
  int posted() {
    return this == LEGACY_TWO_PIECES ? 4 : 8;
  }

  /** Bytes of the header before each frame, without MRG_RXBUF. */
  int headerLength() {
    return settings().isLegacy() ? 10 : 12;
  }
}
