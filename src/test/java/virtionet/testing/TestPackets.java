package virtionet.testing;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * TCP and UDP packets in Ethernet frames, and what is right of them: written byte by byte from the
 * RFCs, and slow, so that it shares nothing with the code that it checks.
 */
public final class TestPackets {
  public static final int FIN = 0x01;
  public static final int PSH = 0x08;
  public static final int ACK = 0x10;
  public static final int CWR = 0x80;

  private static final int TCP = 6;
  private static final int UDP = 17;

  /**
   * What a packet is made of.
   *
   * @param tags VLAN tags, 0 to 2
   * @param options bytes of options in the IPv4 header and in the TCP header, a multiple of 4
   */
  public record Kind(boolean ipv6, boolean tcp, int tags, int options) {
    public static Kind tcpV4() {
      return new Kind(false, true, 0, 0);
    }

    public static Kind tcpV6() {
      return new Kind(true, true, 0, 0);
    }

    public static Kind udpV4() {
      return new Kind(false, false, 0, 0);
    }

    public static Kind udpV6() {
      return new Kind(true, false, 0, 0);
    }

    public int networkStart() {
      return 14 + 4 * tags;
    }

    public int transportStart() {
      return networkStart() + (ipv6 ? 40 : 20 + options);
    }

    /** Bytes of all headers. */
    public int headerLength() {
      return transportStart() + (tcp ? 20 + options : 8);
    }

    public int checksumOffset() {
      return tcp ? 16 : 6;
    }
  }

  private TestPackets() {}

  /** A packet with all checksums right; its arbitrary parts are known by the number. */
  public static byte[] packet(Kind kind, int payload, int number, int tcpFlags) {
    var random = new SplittableRandom(number);
    byte[] frame = new byte[kind.headerLength() + payload];
    random.nextBytes(frame);
    frame[0] &= ~1;
    frame[6] &= ~1;
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    for (int tag = 0; tag < kind.tags(); tag++) {
      boolean outer = tag + 1 < kind.tags();
      bytes.putShort(12 + 4 * tag, (short) (outer ? 0x88a8 : 0x8100));
      bytes.putShort(14 + 4 * tag, (short) (100 + tag));
    }
    int network = kind.networkStart();
    bytes.putShort(network - 2, (short) (kind.ipv6() ? 0x86dd : 0x0800));
    int protocol = kind.tcp() ? TCP : UDP;
    if (kind.ipv6()) {
      bytes.putInt(network, 0x60000000);
      bytes.putShort(network + 4, (short) (frame.length - network - 40));
      bytes.put(network + 6, (byte) protocol);
      bytes.put(network + 7, (byte) 64);
    } else {
      bytes.put(network, (byte) (0x40 | (20 + kind.options()) / 4));
      bytes.putShort(network + 2, (short) (frame.length - network));
      bytes.putShort(network + 6, (short) 0x4000);
      bytes.put(network + 8, (byte) 64);
      bytes.put(network + 9, (byte) protocol);
      bytes.putShort(network + 10, (short) 0);
      bytes.putShort(network + 10, (short) ~sum(frame, network, kind.transportStart(), 0));
    }
    int transport = kind.transportStart();
    if (kind.tcp()) {
      bytes.put(transport + 12, (byte) (((20 + kind.options()) / 4) << 4));
      bytes.put(transport + 13, (byte) tcpFlags);
    } else {
      bytes.putShort(transport + 4, (short) (frame.length - transport));
    }
    complete(frame, transport, kind.checksumOffset(), pseudoSum(frame));
    return frame;
  }

  /** The same packet with the pseudo header's sum alone in its checksum field. */
  public static byte[] partial(byte[] frame) {
    byte[] partial = frame.clone();
    Kind kind = kindOf(frame);
    ByteBuffer.wrap(partial)
        .putShort(kind.transportStart() + kind.checksumOffset(), (short) pseudoSum(frame));
    return partial;
  }

  /** The packet as a device completes it that sums from there to the end (VirtIO 1.3 §5.1.6.2). */
  public static byte[] completed(byte[] partial, int start, int offset) {
    byte[] frame = partial.clone();
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    int checksum = ~sum(frame, start, frame.length, 0) & 0xffff;
    bytes.putShort(start + offset, (short) (checksum == 0 ? 0xffff : checksum));
    return frame;
  }

  private static void complete(byte[] frame, int start, int offset, int pseudoSum) {
    ByteBuffer.wrap(frame).putShort(start + offset, (short) pseudoSum);
    System.arraycopy(completed(frame, start, offset), 0, frame, 0, frame.length);
  }

  /** What kind of packet these bytes are. */
  public static Kind kindOf(byte[] frame) {
    int tags = 0;
    while (u16(frame, 12 + 4 * tags) == 0x8100 || u16(frame, 12 + 4 * tags) == 0x88a8) {
      tags++;
    }
    int network = 14 + 4 * tags;
    boolean ipv6 = u16(frame, network - 2) == 0x86dd;
    if (!ipv6 && u16(frame, network - 2) != 0x0800) {
      throw new AssertionError("neither IPv4 nor IPv6");
    }
    boolean tcp = frame[network + (ipv6 ? 6 : 9)] == TCP;
    int options = ipv6 ? 0 : 4 * (frame[network] & 0xf) - 20;
    if (ipv6 && tcp) {
      options = ((frame[network + 52] >> 4) & 0xf) * 4 - 20;
    }
    return new Kind(ipv6, tcp, tags, options);
  }

  /** The bytes after all headers. */
  public static byte[] payload(byte[] frame) {
    return Arrays.copyOfRange(frame, kindOf(frame).headerLength(), frame.length);
  }

  /** Fails unless each length and each checksum in the packet is right. */
  public static void assertRight(byte[] frame) {
    Kind kind = kindOf(frame);
    int network = kind.networkStart();
    if (kind.ipv6()) {
      expect(frame.length - network - 40, u16(frame, network + 4), "IPv6 payload length");
    } else {
      expect(frame.length - network, u16(frame, network + 2), "IPv4 total length");
      expect(0xffff, sum(frame, network, kind.transportStart(), 0), "IPv4 header checksum");
    }
    if (!kind.tcp()) {
      expect(
          frame.length - kind.transportStart(),
          u16(frame, kind.transportStart() + 4),
          "UDP length");
    }
    expect(
        0xffff,
        sum(frame, kind.transportStart(), frame.length, pseudoSum(frame)),
        "transport checksum");
  }

  private static int pseudoSum(byte[] frame) {
    Kind kind = kindOf(frame);
    int network = kind.networkStart();
    int start = (kind.tcp() ? TCP : UDP) + frame.length - kind.transportStart();
    return kind.ipv6()
        ? sum(frame, network + 8, network + 40, start)
        : sum(frame, network + 12, network + 20, start);
  }

  private static int sum(byte[] bytes, int from, int to, int start) {
    int sum = start;
    for (int at = from; at < to; at++) {
      sum += (bytes[at] & 0xff) << ((at - from) % 2 == 0 ? 8 : 0);
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (sum & 0xffff) + (sum >> 16);
  }

  private static int u16(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).getShort(at) & 0xffff;
  }

  /** As JUnit's: the device model, which uses this, is published without it. */
  private static void expect(int expected, int actual, String what) {
    if (expected != actual) {
      throw new AssertionError("%s: expected %d, but is %d".formatted(what, expected, actual));
    }
  }
}
