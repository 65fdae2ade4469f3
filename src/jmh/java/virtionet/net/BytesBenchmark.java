package virtionet.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What is done to the bytes of a frame and of its header, in native memory as buffers are. */
public class BytesBenchmark {
  /** The 12 bytes before each frame. */
  @State(Scope.Thread)
  public static class Header {
    private final MemorySegment memory = Arena.ofAuto().allocate(64, 64);
    private final OffloadFeatures none =
        new OffloadFeatures(
            false, false, false, false, false, false, false, false, false, false, false);
  }

  /** A frame's bytes. */
  @State(Scope.Thread)
  public static class Bytes {
    /** How many. */
    @Param({"64", "1500", "65536"})
    public int bytes;

    private MemorySegment memory = MemorySegment.NULL;

    @Setup
    public void setUp() {
      byte[] random = new byte[bytes];
      new Random(1).nextBytes(random);
      memory = Arena.ofAuto().allocate(bytes, 64).copyFrom(MemorySegment.ofArray(random));
    }
  }

  @Benchmark
  public void headerEncode(Header header) {
    NetHeader.writePlain(header.memory, 0, 12);
  }

  @Benchmark
  public int headerCheck(Header header) {
    return NetHeader.plain(header.memory, 0, 12, false, header.none);
  }

  @Benchmark
  public int checksum(Bytes frame) {
    return InternetChecksum.fold(InternetChecksum.sum(frame.memory, 0, frame.bytes));
  }
}
