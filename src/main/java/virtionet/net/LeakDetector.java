package virtionet.net;

import java.lang.ref.Cleaner;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of frames in device buffers that nobody released: when the garbage collector finds one, and
 * when some are held long after their device has ended. Any thread.
 *
 * <p>The buffer of such a frame is not taken back: the holder may have kept the frame's {@link
 * Frame#segment() segment} although the frame itself is garbage, and would then read, or write,
 * what belongs to another frame. It stays lent. A device with few buffers left is slower, not
 * broken: its frames are copied.
 */
final class LeakDetector {
  private static final Logger LOG = LoggerFactory.getLogger(LeakDetector.class);
  private static final Cleaner CLEANER = Cleaner.create();

  /** Streams need a moment to hear of their device's end. */
  private static final long GRACE_SECONDS = 1;

  private final Counters counters;
  private final Set<FrameWatch> watches = ConcurrentHashMap.newKeySet();

  /**
   * @param counters to count the leaks in
   */
  LeakDetector(Counters counters) {
    this.counters = counters;
  }

  /** Looks after a frame until {@link FrameWatch#end()}; the caller is where it was taken. */
  FrameWatch watch(Frame frame) {
    return watch(frame, "a frame of " + frame.length() + " bytes");
  }

  /** Looks after a batch in the same way. */
  FrameWatch watch(FrameBatch batch) {
    return watch(batch, "a batch of frames");
  }

  private FrameWatch watch(Object held, String what) {
    var watch = new FrameWatch(this, what);
    watches.add(watch);
    // The watch must not know what it watches, or that were never garbage.
    watch.cleanable(CLEANER.register(held, watch));
    return watch;
  }

  void ended(FrameWatch watch) {
    watches.remove(watch);
  }

  /** The frame is garbage, and its watch did not end. */
  void leaked(FrameWatch watch) {
    watches.remove(watch);
    LOG.warn(
        "{} was never released, its buffer is lost: whoever takes a frame releases it or passes it"
            + " on",
        watch.description(),
        watch.origin());
    // Last: who sees the count finds the line.
    counters.increment(Counter.FRAMES_LEAKED);
  }

  /** The device has ended: who now holds a frame for long has forgotten it. */
  void ended() {
    if (!watches.isEmpty()) {
      CompletableFuture.delayedExecutor(GRACE_SECONDS, TimeUnit.SECONDS).execute(this::tellOfHeld);
    }
  }

  private void tellOfHeld() {
    watches.stream()
        .min(Comparator.comparingLong(FrameWatch::since))
        .ifPresent(
            oldest ->
                LOG.warn(
                    "{} frame(s) are still held, {} s after their device's end, and their memory"
                        + " with them; the oldest: {}",
                    watches.size(),
                    GRACE_SECONDS,
                    oldest.description(),
                    oldest.origin()));
  }
}
