package virtionet.observe.pcap;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import virtionet.net.Frame;

/**
 * The blocks of pcapng (draft-ietf-opsawg-pcapng), little-endian: each is type, length, body,
 * options, and the length once more; all but the type and length is padded to 32 bits.
 */
final class Blocks {
  static final int SECTION_HEADER = 0x0a0d0d0a;
  static final int INTERFACE_DESCRIPTION = 1;
  static final int INTERFACE_STATISTICS = 5;
  static final int ENHANCED_PACKET = 6;

  /** Where a block's length stands. */
  static final int LENGTH = 4;

  // An enhanced packet block, from its start.
  static final int PACKET_INTERFACE = 8;
  static final int PACKET_TIME_HIGH = 12;
  static final int PACKET_TIME_LOW = 16;
  static final int PACKET_CAPTURED = 20;
  static final int PACKET_ORIGINAL = 24;
  static final int PACKET_DATA = 28;

  private static final int BYTE_ORDER = 0x1a2b3c4d;
  private static final short MAJOR = 1;
  private static final short MINOR = 0;
  private static final long LENGTH_UNKNOWN = -1;
  private static final int ETHERNET = 1;
  private static final byte NANOSECONDS = 9;

  // Options of any block.
  static final int END = 0;
  static final int COMMENT = 1;

  private static final int APPLICATION = 4;

  private static final int IF_NAME = 2;
  private static final int IF_DESCRIPTION = 3;
  private static final int IF_MAC = 6;
  private static final int IF_TIME_RESOLUTION = 9;

  static final int PACKET_FLAGS = 2;
  private static final int PACKET_DROP_COUNT = 4;

  private static final int START_TIME = 2;
  private static final int END_TIME = 3;
  private static final int RECEIVED = 4;
  private static final int DROPPED_BY_INTERFACE = 5;
  private static final int DROPPED_BY_SYSTEM = 7;
  private static final int DELIVERED = 8;

  /** An option's code and length. */
  private static final int OPTION_HEADER = 4;

  private Blocks() {}

  static void sectionHeader(ByteBuffer out) {
    int start = begin(out, SECTION_HEADER);
    out.putInt(BYTE_ORDER).putShort(MAJOR).putShort(MINOR).putLong(LENGTH_UNKNOWN);
    option(out, APPLICATION, bytes("virtionet"));
    end(out, start);
  }

  static void interfaceDescription(ByteBuffer out, CaptureInterface face, int snapLength) {
    int start = begin(out, INTERFACE_DESCRIPTION);
    out.putShort((short) ETHERNET).putShort((short) 0).putInt(snapLength);
    option(out, IF_NAME, bytes(face.name()));
    if (!face.description().isEmpty()) {
      option(out, IF_DESCRIPTION, bytes(face.description()));
    }
    face.mac().ifPresent(mac -> option(out, IF_MAC, mac.toBytes()));
    option(out, IF_TIME_RESOLUTION, new byte[] {NANOSECONDS});
    end(out, start);
  }

  /** Bytes of a packet's block. */
  static int packetSize(int captured, byte[] comment, long dropsBefore) {
    int options = OPTION_HEADER + Integer.BYTES + OPTION_HEADER;
    options += comment.length == 0 ? 0 : OPTION_HEADER + padded(comment.length);
    options += dropsBefore == 0 ? 0 : OPTION_HEADER + Long.BYTES;
    return PACKET_DATA + padded(captured) + options + Integer.BYTES;
  }

  /**
   * A frame.
   *
   * @param comment for people, in UTF-8; may be empty
   * @param dropsBefore frames that passed since the one before and were not captured
   */
  static void packet(
      ByteBuffer out,
      int point,
      long nanos,
      int flags,
      Frame frame,
      int captured,
      byte[] comment,
      long dropsBefore) {
    int start = begin(out, ENHANCED_PACKET);
    out.putInt(point);
    time(out, nanos);
    out.putInt(captured).putInt(frame.length());
    copy(frame, captured, out);
    pad(out, captured);
    if (comment.length != 0) {
      option(out, COMMENT, comment);
    }
    option(out, PACKET_FLAGS, Integer.BYTES).putInt(flags);
    if (dropsBefore != 0) {
      option(out, PACKET_DROP_COUNT, Long.BYTES).putLong(dropsBefore);
    }
    end(out, start);
  }

  private static void copy(Frame frame, int count, ByteBuffer out) {
    frame.copyTo(MemorySegment.ofBuffer(out), count);
    out.position(out.position() + count);
  }

  /** How an interface did since the capture began. */
  static void statistics(ByteBuffer out, int point, Statistics statistics) {
    int start = begin(out, INTERFACE_STATISTICS);
    out.putInt(point);
    time(out, statistics.end());
    for (String comment : statistics.comments()) {
      option(out, COMMENT, bytes(comment));
    }
    time(option(out, START_TIME, Long.BYTES), statistics.start());
    time(option(out, END_TIME, Long.BYTES), statistics.end());
    option(out, RECEIVED, Long.BYTES).putLong(statistics.received());
    option(out, DROPPED_BY_INTERFACE, Long.BYTES).putLong(statistics.dropped());
    option(out, DROPPED_BY_SYSTEM, Long.BYTES).putLong(statistics.missed());
    option(out, DELIVERED, Long.BYTES).putLong(statistics.captured());
    end(out, start);
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static int padded(int length) {
    return (length + 3) & ~3;
  }

  private static int begin(ByteBuffer out, int type) {
    int start = out.position();
    out.putInt(type).putInt(0);
    return start;
  }

  private static void end(ByteBuffer out, int start) {
    out.putShort((short) END).putShort((short) 0);
    int length = out.position() - start + Integer.BYTES;
    out.putInt(length).putInt(start + LENGTH, length);
  }

  private static void time(ByteBuffer out, long nanos) {
    out.putInt((int) (nanos >>> 32)).putInt((int) nanos);
  }

  private static ByteBuffer option(ByteBuffer out, int code, int length) {
    return out.putShort((short) code).putShort((short) length);
  }

  private static void option(ByteBuffer out, int code, byte[] value) {
    option(out, code, value.length).put(value);
    pad(out, value.length);
  }

  private static void pad(ByteBuffer out, int length) {
    for (int i = length; i < padded(length); i++) {
      out.put((byte) 0);
    }
  }
}
