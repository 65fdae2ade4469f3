package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/**
 * Whatever a device writes into the receive buffers, headers and all, is frames or dropped: nothing
 * is thrown, no byte that it did not write is given out, and no buffer is lost.
 */
class ReceivedBytesFuzz {
  private static final int QUEUE = 8;
  private static final int HEADER = 12;

  /** As {@link #deliver} reads them: two bytes of length before each buffer's own. */
  static Stream<byte[]> deliveries() {
    Kind udp = Kind.udpV4();
    byte[] big = TestPackets.partial(TestPackets.packet(udp, 90, 1, 0));
    byte[] plain = new byte[60];
    byte[] several = OffloadFrames.header(udp, 30).withBuffers(2).bytes(HEADER);
    return Stream.of(
        buffer(new byte[HEADER], plain),
        buffer(OffloadFrames.header(udp, 30).withBuffers(1).bytes(HEADER), big),
        join(buffer(several, Arrays.copyOf(big, 70)), buffer(new byte[0], new byte[50])),
        buffer(
            OffloadFrames.header(Kind.tcpV6(), 40).withBuffers(1).bytes(HEADER),
            TestPackets.partial(TestPackets.packet(Kind.tcpV6(), 80, 1, TestPackets.ACK))));
  }

  private static byte[] buffer(byte[] header, byte[] rest) {
    int length = header.length + rest.length;
    return join(join(new byte[] {(byte) length, (byte) (length >> 8)}, header), rest);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @MethodSource("deliveries")
  @FuzzTest
  void asTheyCame(byte[] bytes) {
    receive(ReceivedFrames.AS_GIVEN, bytes);
  }

  @MethodSource("deliveries")
  @FuzzTest
  void completed(byte[] bytes) {
    receive(ReceivedFrames.COMPLETE, bytes);
  }

  private static void receive(ReceivedFrames shape, byte[] bytes) {
    try (var device = new SmallDevice(OffloadFrames.device(), shape)) {
      TestDevice up = device.up();
      int written = deliver(up.model().ring(0), bytes);
      List<byte[]> frames = up.receive(2 * QUEUE);
      int given = frames.stream().mapToInt(frame -> frame.length).sum();
      assertTrue(given <= written, () -> given + " bytes of frames");
      frames.forEach(frame -> assertTrue(frame.length >= Frame.HEADER_LENGTH));
      up.device().receiveQueue().dropOverdue();
      up.device().receiveQueue().dropOverdue();
      assertTrue(up.device().isConserved());
      assertEquals(QUEUE, up.device().receiveQueue().posted());
      assertEquals(0, up.device().lentBuffers());
    }
  }

  /**
   * Fills buffers with these bytes: for each, a length of two bytes that the device claims, and
   * then as many of the bytes as there are.
   *
   * @return bytes written
   */
  private static int deliver(DeviceSideRing ring, byte[] bytes) {
    int at = 0;
    int written = 0;
    while (bytes.length - at >= 2 && ring.waiting() > 0) {
      int claimed = (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
      at += 2;
      DeviceSideRing.Chain chain = ring.take().orElseThrow();
      int count = (int) Math.min(Math.min(claimed, chain.writable()), bytes.length - at);
      byte[] whole = new byte[(int) Math.min(claimed, chain.writable())];
      System.arraycopy(bytes, at, whole, 0, count);
      chain.write(whole);
      ring.use(chain.head(), claimed);
      at += count;
      written += whole.length;
    }
    return written;
  }
}
