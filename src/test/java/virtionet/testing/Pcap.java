package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads packet captures in libpcap's first format, written by a program on this machine. */
public final class Pcap {
  private static final int MAGIC = 0xa1b2c3d4;
  private static final int LINK_TYPE_AT = 20;
  private static final int ETHERNET = 1;
  private static final int HEADER = 24;

  private Pcap() {}

  /** The frames of a capture, each of them whole. */
  public static List<byte[]> frames(Path file) throws IOException {
    ByteBuffer capture = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
    assertEquals(MAGIC, capture.getInt(0), "a packet capture");
    assertEquals(ETHERNET, capture.getInt(LINK_TYPE_AT), "a capture of Ethernet frames");
    List<byte[]> frames = new ArrayList<>();
    capture.position(HEADER);
    while (capture.hasRemaining()) {
      // The time, in seconds and microseconds.
      capture.getLong();
      byte[] frame = new byte[capture.getInt()];
      assertEquals(frame.length, capture.getInt(), "the frame was captured whole");
      capture.get(frame);
      frames.add(frame);
    }
    return frames;
  }
}
