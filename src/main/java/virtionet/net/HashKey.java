package virtionet.net;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The secret of a packet hash (VirtIO 1.3 §5.1.6.4.3), at most 255 bytes.
 *
 * @param hex two digits a byte
 */
public record HashKey(String hex) {
  /** Bytes that suffice for all types of hash, which every device takes (VirtIO 1.3 §5.1.4.1). */
  public static final int COMMON_LENGTH = 40;

  private static final int LONGEST = 255;

  public HashKey {
    int length = HexFormat.of().parseHex(hex).length;
    if (length > LONGEST) {
      throw new IllegalArgumentException(
          "a hash key of %d bytes: there can be %d".formatted(length, LONGEST));
    }
  }

  public static HashKey of(byte[] bytes) {
    return new HashKey(HexFormat.of().formatHex(bytes));
  }

  /** A key that nobody can guess, and that suffices for all types of hash. */
  public static HashKey random() {
    byte[] bytes = new byte[COMMON_LENGTH];
    new SecureRandom().nextBytes(bytes);
    return of(bytes);
  }

  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  int length() {
    return hex.length() / 2;
  }

  void check(HashLimits limits) {
    if (length() > limits.maxKeySize()) {
      throw new IllegalArgumentException(
          "a hash key of %d bytes: the device takes %d".formatted(length(), limits.maxKeySize()));
    }
  }

  /** A key is not for logs. */
  @Override
  public String toString() {
    return "HashKey[" + length() + " bytes]";
  }
}
