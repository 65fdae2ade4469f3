package virtionet.qemu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import virtionet.net.HashKey;
import virtionet.net.HashType;

/**
 * The hash of a received frame, from the words of the specification (VirtIO 1.3 §5.1.6.4.3): for
 * each bit of the input that is 1, the 32 bits of the key from there on, all added without carry.
 */
final class Toeplitz {
  private static final int ETHERNET = 14;

  private Toeplitz() {}

  static int hash(HashKey key, byte[] input) {
    byte[] bits = key.bytes();
    int hash = 0;
    for (int at = 0; at < 8 * input.length; at++) {
      if (bit(input, at) == 1) {
        int window = 0;
        for (int i = 0; i < 32; i++) {
          window = window << 1 | bit(bits, at + i);
        }
        hash ^= window;
      }
    }
    return hash;
  }

  private static int bit(byte[] bytes, int at) {
    return (bytes[at / 8] >> (7 - at % 8)) & 1;
  }

  /** What a frame's hash of that type is made of; IPv4 without options, IPv6 without extensions. */
  static byte[] input(byte[] frame, HashType type) {
    List<byte[]> parts = new ArrayList<>();
    boolean ipv4 = ByteBuffer.wrap(frame).getShort(12) == 0x0800;
    int addresses = ETHERNET + (ipv4 ? 12 : 8);
    int transport = ETHERNET + (ipv4 ? 20 : 40);
    parts.add(Arrays.copyOfRange(frame, addresses, transport));
    if (type != HashType.IPV4 && type != HashType.IPV6) {
      parts.add(Arrays.copyOfRange(frame, transport, transport + 4));
    }
    ByteBuffer input = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(input::put);
    return input.array();
  }
}
