package virtionet.observe.pcap;

import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Where a capture goes and what of it.
 *
 * @param snapLength bytes kept of each frame, 1 to {@value #MOST_SNAP_LENGTH}
 * @param limit frames after which the capture ends
 * @param queueBytes memory for frames that the destination has not taken yet; there are two of
 *     these
 * @param clock nanoseconds since 1970; asked once for each frame
 * @see PcapTap
 */
public record PcapSettings(
    Destination destination,
    Rotation rotation,
    int snapLength,
    long limit,
    int queueBytes,
    LongSupplier clock) {
  /** What tcpdump and Wireshark take as well: more than any frame has. */
  public static final int MOST_SNAP_LENGTH = 262_144;

  private static final int QUEUE_BYTES = 4 << 20;

  /** What a block may have besides a frame's bytes. */
  static final int BLOCK_OVERHEAD = 4096;

  private static final long NANOS = 1_000_000_000;

  /** Where the frames go to. */
  public sealed interface Destination {}

  /** A file, made or written over; a named pipe is waited for until somebody reads it. */
  public record ToFile(Path path) implements Destination {
    public ToFile {
      Objects.requireNonNull(path, "path");
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * A stream of bytes, such as standard output. Closed at the end.
   *
   * @param name for people
   */
  public record ToStream(String name, OutputStream stream) implements Destination {
    public ToStream {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(stream, "stream");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * Somebody who wants the frames one by one, called by the capture's own thread.
   *
   * @param name for people
   */
  public record ToConsumer(String name, Consumer<CapturedFrame> consumer) implements Destination {
    public ToConsumer {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(consumer, "consumer");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * @throws IllegalArgumentException for a length or limit out of range, or a rotation of what is
   *     no file
   */
  public PcapSettings {
    Objects.requireNonNull(destination, "destination");
    Objects.requireNonNull(rotation, "rotation");
    Objects.requireNonNull(clock, "clock");
    if (snapLength < 1 || snapLength > MOST_SNAP_LENGTH) {
      throw new IllegalArgumentException(
          "snap length %d: must be from 1 to %d".formatted(snapLength, MOST_SNAP_LENGTH));
    }
    if (limit < 1) {
      throw new IllegalArgumentException("limit %d: must be 1 or more".formatted(limit));
    }
    if (queueBytes < snapLength + BLOCK_OVERHEAD) {
      throw new IllegalArgumentException(
          "a queue of %d bytes holds no frame of %d".formatted(queueBytes, snapLength));
    }
    if (!(destination instanceof ToFile) && !rotation.equals(Rotation.NEVER)) {
      throw new IllegalArgumentException(destination + " cannot be rotated: it is no file");
    }
  }

  /** Whole frames, all of them, to there. */
  public static PcapSettings to(Destination destination) {
    return new PcapSettings(
        destination,
        Rotation.NEVER,
        MOST_SNAP_LENGTH,
        Long.MAX_VALUE,
        QUEUE_BYTES,
        PcapSettings::now);
  }

  /** Whole frames, all of them, into that file. */
  public static PcapSettings to(Path file) {
    return to(new ToFile(file));
  }

  private static long now() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS + now.getNano();
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(nanos / NANOS, nanos % NANOS);
  }

  public PcapSettings withRotation(Rotation newRotation) {
    return new PcapSettings(destination, newRotation, snapLength, limit, queueBytes, clock);
  }

  public PcapSettings withSnapLength(int newLength) {
    return new PcapSettings(destination, rotation, newLength, limit, queueBytes, clock);
  }

  public PcapSettings withLimit(long newLimit) {
    return new PcapSettings(destination, rotation, snapLength, newLimit, queueBytes, clock);
  }

  public PcapSettings withQueueBytes(int newBytes) {
    return new PcapSettings(destination, rotation, snapLength, limit, newBytes, clock);
  }

  public PcapSettings withClock(LongSupplier newClock) {
    return new PcapSettings(destination, rotation, snapLength, limit, queueBytes, newClock);
  }
}
