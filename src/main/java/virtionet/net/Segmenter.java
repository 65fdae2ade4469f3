package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import virtionet.net.Offload.Segmentation;

/**
 * Cuts a large frame into the segments that it stands for, one at a time: what a network card does,
 * for where there is none that can. Each segment has the frame's headers, with lengths, numbers and
 * checksums of its own. Not thread-safe.
 */
final class Segmenter {
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Frame frame;

  /** The headers as they were when they were checked: a device may change those in its memory. */
  private final Frame head;

  private final int network;
  private final int transport;
  private final int header;
  private final int checksumField;
  private final int segmentSize;
  private final boolean tcp;
  private final boolean ipv4;

  /** The pseudo header's sum but for the length, which each segment has of its own. */
  private final int pseudoSum;

  private int at;
  private int index;

  /**
   * Begins with a frame, which is only read.
   *
   * @param mtu most bytes of a segment after its Ethernet header
   * @return null when its offload cannot be true of it
   */
  static @Nullable Segmenter of(Frame frame, Offload offload, int mtu) {
    int beginning =
        Math.min(frame.length(), offload.checksumStart() + Packet.LONGEST_TRANSPORT_HEADER);
    Frame head = Frame.ofLength(beginning);
    frame.copyTo(0, head.piece(0), 0, beginning);
    return OffloadRules.problem(head, frame.length(), offload, mtu) == null
        ? new Segmenter(frame, head, offload)
        : null;
  }

  private Segmenter(Frame frame, Frame head, Offload offload) {
    this.frame = frame;
    this.head = head;
    tcp = offload.segmentation() != Segmentation.UDP_L4;
    network = Packet.networkStart(head);
    ipv4 = Packet.type(head, network) == Packet.IPV4;
    transport = offload.checksumStart();
    header = Packet.headerLength(head, transport, tcp);
    checksumField = transport + offload.checksumOffset();
    segmentSize = offload.segmentSize();
    // In one's complement, to subtract is to add the complement.
    pseudoSum = head.u16(checksumField) + (~(frame.length() - transport) & 0xffff);
    at = header;
  }

  /** Whether there is a further segment; there is one at least. */
  boolean hasNext() {
    return index == 0 || at < frame.length();
  }

  /** Bytes of the next segment, Ethernet header included. */
  int nextLength() {
    return header + Math.min(segmentSize, frame.length() - at);
  }

  /**
   * Writes the next segment.
   *
   * @param target its first bytes become the segment
   * @return {@link #nextLength} as it was
   */
  int next(MemorySegment target) {
    int length = nextLength();
    int payload = length - header;
    head.copyTo(0, target, 0, header);
    frame.copyTo(at, target, header, payload);
    if (ipv4) {
      writeIpv4(target, length);
    } else {
      u16(target, network + Packet.IPV6_PAYLOAD_LENGTH, length - network - Packet.IPV6_HEADER);
    }
    if (tcp) {
      writeTcp(target, at + payload == frame.length());
    } else {
      u16(target, transport + Packet.UDP_LENGTH, length - transport);
    }
    u16(target, checksumField, InternetChecksum.fold(pseudoSum + length - transport));
    int sum = InternetChecksum.fold(InternetChecksum.sum(target, transport, length));
    u16(target, checksumField, InternetChecksum.complement(sum));
    at += payload;
    index++;
    return length;
  }

  private void writeIpv4(MemorySegment target, int length) {
    u16(target, network + Packet.IPV4_TOTAL_LENGTH, length - network);
    u16(target, network + Packet.IPV4_ID, head.u16(network + Packet.IPV4_ID) + index);
    u16(target, network + Packet.IPV4_CHECKSUM, 0);
    int sum =
        InternetChecksum.fold(
            InternetChecksum.sum(
                target, network, network + Packet.ipv4HeaderLength(head, network)));
    u16(target, network + Packet.IPV4_CHECKSUM, ~sum);
  }

  private void writeTcp(MemorySegment target, boolean last) {
    int sequence = target.get(U32, transport + Packet.TCP_SEQUENCE);
    target.set(U32, transport + Packet.TCP_SEQUENCE, sequence + at - header);
    int flags = head.u8(transport + Packet.TCP_FLAGS);
    if (!last) {
      flags &= ~(Packet.TCP_FIN | Packet.TCP_PSH);
    }
    if (index > 0) {
      // One reduction of the congestion window is told once (RFC 3168 §6.1.2).
      flags &= ~Packet.TCP_CWR;
    }
    target.set(ValueLayout.JAVA_BYTE, transport + Packet.TCP_FLAGS, (byte) flags);
  }

  private static void u16(MemorySegment target, int offset, int value) {
    target.set(U16, offset, (short) value);
  }
}
