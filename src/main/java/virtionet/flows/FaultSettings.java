package virtionet.flows;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import virtionet.net.Frame;

/**
 * What is to go wrong, and how often. The same seed does the same to the same frames; each fault
 * has dice of its own, so that one more fault does not change which frames another one meets.
 *
 * @param seed of the dice
 * @param drop the share of frames that are dropped, 0 to 1; as all shares
 * @param corrupt the share that goes on as a copy with one bit turned over
 * @param duplicate the share that is followed by a copy
 * @param reorder the share that lets the next frame go first, or waits {@code delay} for one
 * @param delayed the share that is held for {@code delay}, while others go on
 * @param delay for those two
 * @param rate frames beyond it are dropped
 * @param longest longer frames are dropped
 * @param room frames that may be held before no more are taken
 * @param onDrop sees each frame that is dropped, before its release
 * @param clock nanoseconds that only go forward
 * @see Tracer
 */
public record FaultSettings(
    long seed,
    double drop,
    double corrupt,
    double duplicate,
    double reorder,
    double delayed,
    Duration delay,
    Optional<Rate> rate,
    int longest,
    int room,
    BiConsumer<Frame, FlowCounter> onDrop,
    LongSupplier clock) {
  private static final Duration DELAY = Duration.ofMillis(50);
  private static final int ROOM = 256;

  /**
   * @throws IllegalArgumentException for a share that is none, a negative delay, or no room
   */
  public FaultSettings {
    requireShare("drop", drop);
    requireShare("corrupt", corrupt);
    requireShare("duplicate", duplicate);
    requireShare("reorder", reorder);
    requireShare("delayed", delayed);
    Objects.requireNonNull(delay, "delay");
    Objects.requireNonNull(rate, "rate");
    Objects.requireNonNull(onDrop, "onDrop");
    Objects.requireNonNull(clock, "clock");
    if (delay.isNegative() || longest < 0 || room < 1) {
      throw new IllegalArgumentException(
          "delay %s and longest %d must not be below 0, room %d not below 1"
              .formatted(delay, longest, room));
    }
  }

  private static void requireShare(String what, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "%s %s: the share of frames must be from 0 to 1".formatted(what, share));
    }
  }

  /** Nothing goes wrong. */
  public static FaultSettings none(long seed) {
    return new FaultSettings(
        seed,
        0,
        0,
        0,
        0,
        0,
        DELAY,
        Optional.empty(),
        Integer.MAX_VALUE,
        ROOM,
        (frame, reason) -> {},
        System::nanoTime);
  }

  public FaultSettings withDrop(double share) {
    return new FaultSettings(
        seed, share, corrupt, duplicate, reorder, delayed, delay, rate, longest, room, onDrop,
        clock);
  }

  public FaultSettings withCorrupt(double share) {
    return new FaultSettings(
        seed, drop, share, duplicate, reorder, delayed, delay, rate, longest, room, onDrop, clock);
  }

  public FaultSettings withDuplicate(double share) {
    return new FaultSettings(
        seed, drop, corrupt, share, reorder, delayed, delay, rate, longest, room, onDrop, clock);
  }

  public FaultSettings withReorder(double share, Duration most) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, share, delayed, most, rate, longest, room, onDrop, clock);
  }

  public FaultSettings withDelay(double share, Duration time) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, reorder, share, time, rate, longest, room, onDrop, clock);
  }

  public FaultSettings withRate(Rate frames) {
    return new FaultSettings(
        seed,
        drop,
        corrupt,
        duplicate,
        reorder,
        delayed,
        delay,
        Optional.of(Objects.requireNonNull(frames, "frames")),
        longest,
        room,
        onDrop,
        clock);
  }

  public FaultSettings withLongest(int bytes) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, reorder, delayed, delay, rate, bytes, room, onDrop, clock);
  }

  public FaultSettings withRoom(int frames) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, reorder, delayed, delay, rate, longest, frames, onDrop,
        clock);
  }

  public FaultSettings withOnDrop(BiConsumer<Frame, FlowCounter> listener) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, reorder, delayed, delay, rate, longest, room, listener,
        clock);
  }

  public FaultSettings withClock(LongSupplier newClock) {
    return new FaultSettings(
        seed, drop, corrupt, duplicate, reorder, delayed, delay, rate, longest, room, onDrop,
        newClock);
  }
}
