package virtionet.observe.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.Frame;

/**
 * Frames on their way into a file. They are written by a thread of the capture's own: nobody who
 * shows it a frame waits for a disk, and nothing that happens to the file reaches the traffic. What
 * cannot be captured is counted. Any thread.
 *
 * @see PcapTap
 */
public final class Capture implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Capture.class);

  /** For the last frames, on a disk that is slow. */
  private static final Duration LAST_FRAMES = Duration.ofSeconds(5);

  private static final Duration INTERRUPTED = Duration.ofSeconds(1);

  private static final String TOO_SLOW =
      "the last frames were not written within " + LAST_FRAMES.toSeconds() + " s";

  private final PcapSettings settings;
  private final BlockQueue queue;
  private final List<CapturePoint> points = new CopyOnWriteArrayList<>();
  private final CompletableFuture<CaptureSummary> ended = new CompletableFuture<>();
  private final AtomicLong overflowed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();

  /** Missing where the file could not be opened. */
  private final @Nullable BlockSink sink;

  private final Thread writer;
  private volatile Optional<String> failure = Optional.empty();

  private Capture(PcapSettings settings, @Nullable BlockSink sink) {
    this.settings = settings;
    this.sink = sink;
    queue = new BlockQueue(settings);
    writer = Thread.ofPlatform().name("virtionet-capture").daemon().unstarted(this::write);
  }

  /**
   * Opens the file and begins.
   *
   * @throws CaptureException when it cannot be opened
   */
  public static Capture start(PcapSettings settings) {
    try {
      return started(settings);
    } catch (IOException e) {
      throw new CaptureException(
          "cannot capture into %s: %s".formatted(settings.destination(), reason(e)), e);
    }
  }

  /**
   * The same; a file that cannot be opened is warned of, and each frame counted as not captured.
   */
  public static Capture startOrWarn(PcapSettings settings) {
    try {
      return started(settings);
    } catch (IOException e) {
      var capture = new Capture(settings, null);
      capture.fail(reason(e));
      return capture;
    }
  }

  private static Capture started(PcapSettings settings) throws IOException {
    Objects.requireNonNull(settings, "settings");
    BlockSink sink =
        settings.destination() instanceof PcapSettings.ToConsumer consumer
            ? new ConsumerSink(consumer)
            : new FileSink(settings);
    var capture = new Capture(settings, sink);
    capture.writer.start();
    // The file is to be one from the start, also while nothing passes.
    capture.queue.wake();
    return capture;
  }

  /** One more place whose frames are captured. */
  public synchronized CapturePoint point(CaptureInterface face) {
    Objects.requireNonNull(face, "face");
    var point = new CapturePoint(this, face, points.size(), now());
    points.add(point);
    queue.wake();
    return point;
  }

  long now() {
    return settings.clock().getAsLong();
  }

  BlockQueue.Outcome add(int point, int flags, Frame frame, byte[] comment, long dropsBefore) {
    BlockQueue.Outcome outcome = queue.add(point, flags, frame, comment, dropsBefore);
    switch (outcome) {
      case FULL -> overflowed.incrementAndGet();
      case FAILED -> refused.incrementAndGet();
      case UNREADABLE -> unreadable.incrementAndGet();
      case TAKEN, CLOSED -> {}
    }
    return outcome;
  }

  private void write() {
    BlockSink out = Objects.requireNonNull(sink);
    try {
      for (ByteBuffer blocks = queue.take(); blocks != null; blocks = queue.take()) {
        out.write(blocks, List.copyOf(points));
      }
      out.finish(List.copyOf(points));
    } catch (IOException | RuntimeException e) {
      out.abandon();
      fail(reason(e));
    } catch (InterruptedException e) {
      out.abandon();
      fail(TOO_SLOW);
      Thread.currentThread().interrupt();
    }
    ended.complete(summary());
  }

  private void fail(String reason) {
    failure = Optional.of(reason);
    queue.fail();
    LOG.warn(
        "the capture into {} ends here: {}; the traffic goes on", settings.destination(), reason);
    ended.complete(summary());
  }

  /** What went wrong, in words that say something without their type. */
  private static String reason(Exception failure) {
    return switch (failure) {
      case NoSuchFileException e -> "there is no such folder";
      case AccessDeniedException e -> "permission denied";
      case ClosedByInterruptException e -> TOO_SLOW;
      case FileSystemException e when e.getReason() != null -> String.valueOf(e.getReason());
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }

  /**
   * Completes when nothing more is captured, and all that was is written: the limit was reached,
   * the capture closed, or the file failed. Never fails.
   */
  public CompletionStage<CaptureSummary> ended() {
    return ended.minimalCompletionStage();
  }

  /** How it stands. */
  public CaptureSummary summary() {
    long written = sink == null ? 0 : sink.frames();
    return new CaptureSummary(
        settings.destination().toString(),
        written,
        overflowed.get(),
        failure.isEmpty() ? 0 : refused.get() + queue.taken() - written,
        unreadable.get(),
        failure);
  }

  /** Takes no more frames; those that were taken are still written. Does not wait. */
  public void end() {
    queue.close();
  }

  /** The same, and waits until they are written: seconds at most. */
  @Override
  public void close() {
    end();
    try {
      if (!writer.join(LAST_FRAMES)) {
        writer.interrupt();
        writer.join(INTERRUPTED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalThreadStateException e) {
      // It was never started: the file could not be opened.
    }
  }
}
