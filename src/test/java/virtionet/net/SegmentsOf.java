package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** What segments must be that stand for one large packet. */
final class SegmentsOf {
  private SegmentsOf() {}

  /** Fails unless a receiver of the segments ends up with just what was in the packet. */
  static void assertStandFor(byte[] packet, int segmentSize, List<byte[]> segments) {
    Kind kind = TestPackets.kindOf(packet);
    var joined = new ByteArrayOutputStream();
    for (int i = 0; i < segments.size(); i++) {
      byte[] segment = segments.get(i);
      boolean last = i == segments.size() - 1;
      TestPackets.assertRight(segment);
      assertHeaders(kind, packet, segment, i, joined.size(), last);
      byte[] payload = TestPackets.payload(segment);
      if (!last) {
        assertEquals(segmentSize, payload.length, "payload of segment " + i);
      }
      joined.writeBytes(payload);
    }
    assertArrayEquals(TestPackets.payload(packet), joined.toByteArray());
  }

  private static void assertHeaders(
      Kind kind, byte[] packet, byte[] segment, int index, int sent, boolean last) {
    ByteBuffer expected = ByteBuffer.wrap(Arrays.copyOf(packet, kind.headerLength()));
    ByteBuffer actual = ByteBuffer.wrap(Arrays.copyOf(segment, kind.headerLength()));
    int network = kind.networkStart();
    int transport = kind.transportStart();
    if (!kind.ipv6()) {
      expected.putShort(network + 4, (short) (expected.getShort(network + 4) + index));
    }
    if (kind.tcp()) {
      expected.putInt(transport + 4, expected.getInt(transport + 4) + sent);
      int flags = expected.get(transport + 13);
      flags &= last ? -1 : ~(TestPackets.FIN | TestPackets.PSH);
      flags &= index == 0 ? -1 : ~TestPackets.CWR;
      expected.put(transport + 13, (byte) flags);
    }
    // Lengths and checksums were looked at on their own.
    for (ByteBuffer bytes : List.of(expected, actual)) {
      bytes.putShort(network + (kind.ipv6() ? 4 : 2), (short) 0);
      bytes.putShort(transport + kind.checksumOffset(), (short) 0);
      if (!kind.ipv6()) {
        bytes.putShort(network + 10, (short) 0);
      }
      if (!kind.tcp()) {
        bytes.putShort(transport + 4, (short) 0);
      }
    }
    assertArrayEquals(expected.array(), actual.array(), "headers of segment " + index);
  }
}
