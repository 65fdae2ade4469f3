package virtionet.flows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.net.Frame;
import virtionet.net.TestFrames;

/** What a line says of a frame. */
class FrameTextTest {
  private static final String TO_FROM = "525500000002 525400123456";
  private static final String WAY = "52:54:00:12:34:56 > 52:55:00:00:00:02, ";
  private static final String IPV4_UDP =
      "0800 4500 0021 0000 0000 4011 0000 0a00020f 0a000202 d903 0007 000d 0000 6869";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0806 0001 0800 0604 0001 525400123456 0a00020f 000000000000 0a000202"
            + "| ARP, length 42: who has 10.0.2.2? tell 10.0.2.15",
        "0806 0001 0800 0604 0002 525500000002 0a000202 525400123456 0a00020f"
            + "| ARP, length 42: 10.0.2.2 is at 52:55:00:00:00:02",
        "0806 0006 0800 0604 0002 525500000002 0a000202 525400123456 0a00020f"
            + "| ARP, length 42: of other networks",
        IPV4_UDP + "| IPv4, length 44: 10.0.2.15:55555 > 10.0.2.2:7, UDP, 5 bytes",
        "8100 0007 "
            + IPV4_UDP
            + "| VLAN 7, IPv4, length 48: 10.0.2.15:55555 > 10.0.2.2:7, UDP, 5 bytes",
        "0800 4500 001c 0000 0000 4001 0000 0a00020f 0a000202 0800 0000 0001 0005"
            + "| IPv4, length 42: 10.0.2.15 > 10.0.2.2, ICMP echo request, id 1, seq 5",
        "0800 4500 001c 0000 0000 4001 0000 0a000202 0a00020f 0301 0000 0000 0000"
            + "| IPv4, length 42: 10.0.2.2 > 10.0.2.15, ICMP unreachable, code 1",
        "0800 4500 0028 0000 0000 4006 0000 0a000202 0a00020f 0050 c000 00000001 ffffffff 5012"
            + " 0000 0000 0000"
            + "| IPv4, length 54: 10.0.2.2:80 > 10.0.2.15:49152, TCP [SYN ACK], seq 1, ack"
            + " 4294967295, 0 bytes",
        "0800 4500 0028 0000 00b9 4011 0000 0a000202 0a00020f 0050"
            + "| IPv4, length 36: 10.0.2.2 > 10.0.2.15, fragment at 1480 of UDP",
        "86dd 60000000 0000 3a ff fe800000000000000000000000000001 ff020000000000000000000000000001"
            + "| IPv6, length 54: fe80:0:0:0:0:0:0:1 > ff02:0:0:0:0:0:0:1, ICMPv6",
        "88b5 0102 | type 0x88b5, length 16",
        "0026 4242 | 802.3 of 38 bytes, length 16",
        "0800 4500 | IPv4, length 16: cut off",
        "0800 4500 0021 0000 0000 4011 0000 0a00020f 0a000202 d903 0007"
            + "| IPv4, length 38: 10.0.2.15:55555 > 10.0.2.2:7, UDP (cut off)"
      })
  void aFrameIsToldByWhatItCarries(String rest, String expected) {
    assertEquals(WAY + expected, FrameText.of(Frame.wrap(bytes(TO_FROM + rest))));
  }

  @Test
  void aLeaseIsSeen() {
    String udp = "0800 4500 0120 0000 0000 4011 0000 00000000 ffffffff 0044 0043 010c 0000 01";
    assertEquals(
        "52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff, IPv4, length 302: 0.0.0.0:68 >"
            + " 255.255.255.255:67, UDP, 260 bytes, DHCP request",
        FrameText.of(ByteBuffer.wrap(bytes("ffffffffffff 525400123456" + udp)), 302));
  }

  @Test
  void whatIsNoFrameIsSaidToBeNone() {
    assertEquals("13 bytes, no Ethernet header", FrameText.of(Frame.ofLength(13)));
  }

  @Test
  void anyBytesAreToldOfAndTheFrameIsLeftAsItIs() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    int[] types = {0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8};
    var frames = new TestFrames();
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[14 + random.nextInt(60)];
      random.nextBytes(bytes);
      int type = types[random.nextInt(types.length)];
      bytes[12] = (byte) (type >> 8);
      bytes[13] = (byte) type;
      Frame frame = frames.make(bytes);
      assertFalse(FrameText.of(frame).isEmpty(), "seed " + seed);
      frame.release();
    }
    assertEquals(0, frames.held());
  }
}
