package virtionet.observe.pcap;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Objects;

/**
 * A frame as a capture has it.
 *
 * @param time when it passed
 * @param point the name of the place
 * @param length bytes of the frame as it passed
 * @param bytes the first of them, up to the snap length; a copy that stays
 * @param comment what else is known of it, for people; may be empty
 * @see PcapTap
 */
public record CapturedFrame(
    Instant time, String point, Direction direction, int length, ByteBuffer bytes, String comment) {
  public CapturedFrame {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(point, "point");
    Objects.requireNonNull(direction, "direction");
    Objects.requireNonNull(bytes, "bytes");
    Objects.requireNonNull(comment, "comment");
  }
}
