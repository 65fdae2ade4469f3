package virtionet.observe.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Where blocks end. For the writer's thread alone, but for the number of frames. */
interface BlockSink {
  /**
   * Takes whole blocks of frames.
   *
   * @param points all places that those frames can have passed
   */
  void write(ByteBuffer blocks, List<CapturePoint> points) throws IOException;

  /** Writes what comes last, and closes. */
  void finish(List<CapturePoint> points) throws IOException;

  /** Closes after a failure. */
  void abandon();

  /** Frames that are there. */
  long frames();
}
