package virtionet.stream;

import akka.NotUsed;
import akka.stream.javadsl.Flow;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import virtionet.net.Frame;

/**
 * Frames on their way between two nodes of a cluster: copies on the Java heap, which nobody has to
 * release. As many as wait travel in one parcel, so that each does not cost a message.
 *
 * @param frames in their order
 * @see virtionet.VirtioNet
 */
public record FrameParcel(List<Frame> frames) {
  /** Bytes, beyond which no further frame is added: below Artery's 256 KiB for a message. */
  private static final long FULL = 64 << 10;

  public FrameParcel {
    frames = List.copyOf(Objects.requireNonNull(frames, "frames"));
  }

  /**
   * Frames in, which are released, parcels out: while nobody pulls, one is filled, and then the
   * inlet waits.
   */
  public static Flow<Frame, FrameParcel, NotUsed> packing() {
    return Flow.<Frame>create()
        .map(FrameParcel::take)
        .batchWeighted(FULL, frame -> (long) frame.length(), FrameParcel::first, FrameParcel::add)
        .map(FrameParcel::new);
  }

  private static Frame take(Frame frame) {
    try {
      return frame.copy();
    } finally {
      frame.release();
    }
  }

  private static List<Frame> first(Frame frame) {
    return add(new ArrayList<>(), frame);
  }

  private static List<Frame> add(List<Frame> frames, Frame frame) {
    frames.add(frame);
    return frames;
  }

  /** Parcels in, frames out. */
  public static Flow<FrameParcel, Frame, NotUsed> unpacking() {
    return Flow.<FrameParcel>create().mapConcat(FrameParcel::frames);
  }
}
