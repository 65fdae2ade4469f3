package virtionet.observe.pcap;

import java.util.Objects;
import java.util.Optional;

/**
 * How a capture stands, or what became of it.
 *
 * @param destination where the frames went
 * @param frames that are there
 * @param overflowed frames that passed while the queue to a slow destination was full
 * @param lost frames that were not captured because the destination had failed
 * @param unreadable frames that could not be read, because somebody had released them
 * @param failure why the capture ended before its time, if it did
 * @see PcapTap
 */
public record CaptureSummary(
    String destination,
    long frames,
    long overflowed,
    long lost,
    long unreadable,
    Optional<String> failure) {
  public CaptureSummary {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(failure, "failure");
  }

  /** Frames that passed and are not in the capture. */
  public long missed() {
    return overflowed + lost + unreadable;
  }

  @Override
  public String toString() {
    var text = new StringBuilder("capture %s: %,d frames".formatted(destination, frames));
    text.append(missed() == 0 ? "" : ", %,d not captured".formatted(missed()));
    if (overflowed != 0) {
      text.append(" (%,d because it was too slow)".formatted(overflowed));
    }
    failure.ifPresent(reason -> text.append("; it ended early: ").append(reason));
    return text.toString();
  }
}
