package virtionet.observe.pcap;

import akka.NotUsed;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.Counter;
import virtionet.net.Frame;

/**
 * A place where frames pass, in a {@link Capture}. A frame that is shown here stays its holder's:
 * its bytes are copied at once, or it is counted as not captured. Any thread.
 *
 * @see PcapTap
 */
public final class CapturePoint {
  private static final Logger LOG = LoggerFactory.getLogger(CapturePoint.class);
  private static final byte[] NO_COMMENT = {};
  private static final int LONGEST_REASON = 500;

  private final Capture capture;
  private final CaptureInterface face;
  private final int number;
  private final long start;
  private final AtomicLong captured = new AtomicLong();
  private final AtomicLong inbound = new AtomicLong();
  private final AtomicLong missed = new AtomicLong();

  /** Since the last that was captured. */
  private final AtomicLong missedInARow = new AtomicLong();

  /** The drops as they were when the capture began to look at them, and as they are. */
  private record Drops(Map<Counter, Long> before, Supplier<Map<Counter, Long>> now) {
    long since(Map<Counter, Long> current, Counter counter) {
      return current.getOrDefault(counter, 0L) - before.getOrDefault(counter, 0L);
    }
  }

  private volatile Drops drops = new Drops(Map.of(), Map::of);

  CapturePoint(Capture capture, CaptureInterface face, int number, long start) {
    this.capture = capture;
    this.face = face;
    this.number = number;
    this.start = start;
  }

  /** What is said of this place. */
  public CaptureInterface face() {
    return face;
  }

  int number() {
    return number;
  }

  /** Captures a frame that came from the device. */
  public void inbound(Frame frame) {
    add(Direction.INBOUND, frame, NO_COMMENT);
  }

  /** Captures a frame that goes to the device. */
  public void outbound(Frame frame) {
    add(Direction.OUTBOUND, frame, NO_COMMENT);
  }

  /**
   * Captures a frame that goes no further, with the reason as its comment.
   *
   * @param reason for people; only its first 500 characters are kept
   */
  public void dropped(Direction direction, Frame frame, String reason) {
    Objects.requireNonNull(direction, "direction");
    String text = Objects.requireNonNull(reason, "reason");
    String kept = text.substring(0, Math.min(text.length(), LONGEST_REASON));
    add(direction, frame, Blocks.bytes("dropped: " + kept));
  }

  private void add(Direction direction, Frame frame, byte[] reason) {
    Objects.requireNonNull(frame, "frame");
    byte[] comment = reason.length == 0 ? HeaderComment.of(frame) : reason;
    long before = missedInARow.get();
    BlockQueue.Outcome outcome = capture.add(number, direction.flags(), frame, comment, before);
    if (direction == Direction.INBOUND && outcome != BlockQueue.Outcome.CLOSED) {
      inbound.incrementAndGet();
    }
    switch (outcome) {
      case TAKEN -> {
        captured.incrementAndGet();
        if (before != 0) {
          missedInARow.addAndGet(-before);
        }
      }
      case FULL, UNREADABLE, FAILED -> {
        missed.incrementAndGet();
        missedInARow.incrementAndGet();
      }
      case CLOSED -> {}
    }
  }

  /**
   * Where the device's counters can be read: their drops since now become the statistics at the end
   * of the capture.
   *
   * @param counters such as {@code EthernetConnection::counters}
   */
  public void countersFrom(Supplier<Map<Counter, Long>> counters) {
    Objects.requireNonNull(counters, "counters");
    drops = new Drops(Map.copyOf(counters.get()), counters);
  }

  /**
   * Captures what passes between an application and the flow that this is joined with: {@code
   * point.tap().join(net.flow())}. Neither is ever slowed down or stopped by it.
   */
  public BidiFlow<Frame, Frame, Frame, Frame, NotUsed> tap() {
    return BidiFlow.fromFlows(
        Flow.fromFunction(
            frame -> {
              outbound(frame);
              return frame;
            }),
        Flow.fromFunction(
            frame -> {
              inbound(frame);
              return frame;
            }));
  }

  /** How it stands now. */
  Statistics statistics() {
    Drops watched = drops;
    Map<Counter, Long> now = counters(watched);
    List<String> comments = new ArrayList<>();
    long dropped = 0;
    for (Counter counter : Counter.values()) {
      long count = watched.since(now, counter);
      if (counter.isDrop() && count > 0) {
        comments.add("%s %d: %s, %s".formatted(counter, count, counter.label(), counter.meaning()));
        dropped += counter.name().startsWith("DROPPED_") ? count : 0;
      }
    }
    long given = watched.since(now, Counter.RECEIVED_FRAMES);
    return new Statistics(
        start,
        capture.now(),
        now.isEmpty() ? inbound.get() : given,
        dropped,
        missed.get(),
        captured.get(),
        comments);
  }

  /** The statistics may come without them, but come. */
  private static Map<Counter, Long> counters(Drops watched) {
    try {
      return watched.now().get();
    } catch (RuntimeException e) {
      LOG.warn("the counters for a capture's statistics cannot be read", e);
      return Map.of();
    }
  }
}
