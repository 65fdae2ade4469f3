package virtionet.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a number of frames on the way to a reflector and checks each byte of each that comes back.
 * A reflector keeps the order: a frame whose successor came first is lost, and so is all that is on
 * the way when nothing came for half a second. Nothing is sent twice. Not thread-safe.
 */
final class WindowTrial {
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int LONGEST = 65_535;

  /** Sent alone until one comes back, so that it does not fill what nobody drains yet. */
  private static final long PROBE_MILLIS = 50;

  private final FarEnd end;
  private final NumberedFrames frames;
  private final int window;
  private final ByteBuffer received = ByteBuffer.allocateDirect(LONGEST);

  /** Number of the next frame to send, and of the next that is to come back. */
  private long next;

  private long expected;
  private long good;
  private long lost;
  private long changed;

  WindowTrial(FarEnd end, int size, byte[] destination, int window) {
    this.end = end;
    this.window = window;
    frames = new NumberedFrames(size, destination);
  }

  /**
   * What came back in the time that was measured.
   *
   * @param lost frames that did not
   * @param changed frames of which a byte was not as sent
   */
  record Result(long frames, double seconds, long lost, long changed) {
    double perSecond() {
      return frames / seconds;
    }
  }

  /** Waits until somebody reflects frames; false: nobody did. */
  boolean probe(Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      end.send(frames.frame(next++));
      end.await(PROBE_MILLIS);
      if (drain() > 0) {
        settle();
        return true;
      }
    }
    return false;
  }

  /** Runs for so long without counting, and then for so long with. */
  Result run(Duration warmup, Duration measured) throws IOException {
    pump(warmup);
    long goodBefore = good;
    long lostBefore = lost;
    long changedBefore = changed;
    long start = System.nanoTime();
    pump(measured);
    var result =
        new Result(
            good - goodBefore,
            (System.nanoTime() - start) / 1e9,
            lost - lostBefore,
            changed - changedBefore);
    settle();
    return result;
  }

  private void pump(Duration time) throws IOException {
    long now = System.nanoTime();
    long until = now + time.toNanos();
    long lastCame = now;
    while (now < until) {
      while (next - expected < window && end.send(frames.frame(next))) {
        next++;
      }
      if (drain() == 0) {
        end.await(TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS) / 4);
        now = System.nanoTime();
        if (now - lastCame > SILENCE_NANOS) {
          giveUpWindow();
          lastCame = now;
        }
      } else {
        now = System.nanoTime();
        lastCame = now;
      }
    }
  }

  /** Takes what has come, a window at the most; how many were ours. */
  private int drain() throws IOException {
    int came = 0;
    while (came < window && end.receive(received)) {
      long number = frames.number(received);
      // What was given up before counts no more.
      if (number < expected || number >= next) {
        continue;
      }
      came++;
      lost += number - expected;
      expected = number + 1;
      if (frames.isUnchanged(received, number)) {
        good++;
      } else {
        changed++;
      }
    }
    return came;
  }

  private void giveUpWindow() {
    lost += next - expected;
    expected = next;
  }

  /** Lets what is on the way come back. */
  private void settle() throws IOException {
    long lastCame = System.nanoTime();
    while (expected < next && System.nanoTime() - lastCame < SILENCE_NANOS) {
      end.await(TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS) / 4);
      if (drain() > 0) {
        lastCame = System.nanoTime();
      }
    }
    giveUpWindow();
  }
}
