package virtionet.net;

import java.util.Objects;

/**
 * The hash that a device has worked out for a received frame (VirtIO 1.3 §5.1.6.4.5): that of
 * Toeplitz, with the key of {@link HashConfig} or {@link RssConfig}. A hint to spread flows by, no
 * more: nothing says that the device was right.
 *
 * @param value all 32 bits of it
 * @param type what it is made of
 */
public record FrameHash(int value, HashType type) {
  public FrameHash {
    Objects.requireNonNull(type, "type");
  }
}
