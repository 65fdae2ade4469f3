package virtionet.observe.pcap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Gives the frames to somebody who wants them one by one. */
final class ConsumerSink implements BlockSink {
  private final PcapSettings.ToConsumer destination;
  private final AtomicLong frames = new AtomicLong();

  ConsumerSink(PcapSettings.ToConsumer destination) {
    this.destination = destination;
  }

  @Override
  public void write(ByteBuffer blocks, List<CapturePoint> points) {
    while (blocks.hasRemaining()) {
      int start = blocks.position();
      destination.consumer().accept(frame(blocks, start, points));
      frames.incrementAndGet();
      blocks.position(start + blocks.getInt(start + Blocks.LENGTH));
    }
  }

  private static CapturedFrame frame(ByteBuffer blocks, int start, List<CapturePoint> points) {
    long high = blocks.getInt(start + Blocks.PACKET_TIME_HIGH);
    long low = Integer.toUnsignedLong(blocks.getInt(start + Blocks.PACKET_TIME_LOW));
    byte[] bytes = new byte[blocks.getInt(start + Blocks.PACKET_CAPTURED)];
    blocks.get(start + Blocks.PACKET_DATA, bytes);
    String comment = "";
    int flags = 0;
    int at = start + Blocks.PACKET_DATA + Blocks.padded(bytes.length);
    for (int code = blocks.getShort(at); code != Blocks.END; code = blocks.getShort(at)) {
      byte[] value = new byte[Short.toUnsignedInt(blocks.getShort(at + 2))];
      if (code == Blocks.COMMENT) {
        blocks.get(at + 4, value);
        comment = new String(value, StandardCharsets.UTF_8);
      } else if (code == Blocks.PACKET_FLAGS) {
        flags = blocks.getInt(at + 4);
      }
      at += 4 + Blocks.padded(value.length);
    }
    return new CapturedFrame(
        PcapSettings.instant(high << 32 | low),
        points.get(blocks.getInt(start + Blocks.PACKET_INTERFACE)).face().name(),
        Direction.ofFlags(flags),
        blocks.getInt(start + Blocks.PACKET_ORIGINAL),
        ByteBuffer.wrap(bytes).asReadOnlyBuffer(),
        comment);
  }

  @Override
  public void finish(List<CapturePoint> points) {
    // It has had all.
  }

  @Override
  public void abandon() {
    // Nothing is held for it.
  }

  @Override
  public long frames() {
    return frames.get();
  }
}
