package virtionet.cli.soak;

import java.util.concurrent.TimeUnit;

/**
 * Knows of each frame how far it came: given to the driver, at the far end of the wire, back. Of
 * the last {@value #KEPT} frames only: one that comes later than that counts as foreign. Any
 * thread.
 */
final class Ledger {
  /** More than can be on the way. */
  private static final int KEPT = 1 << 16;

  private static final byte GIVEN = 1;
  private static final byte ARRIVED = 2;
  private static final byte RETURNED = 3;

  private final byte[] states = new byte[KEPT];
  private int given;
  private long arrived;
  private long returned;
  private long changed;
  private long foreign;
  private long twice;
  private int watchedFrom = Integer.MAX_VALUE;
  private long watchedAt;

  /**
   * How the books stand.
   *
   * @param given frames that the driver was given
   * @param arrived of them, at the far end
   * @param returned of those, back
   * @param changed came with other bytes than they were sent with
   * @param foreign came, and nobody had sent them
   * @param twice came again
   */
  record Books(long given, long arrived, long returned, long changed, long foreign, long twice) {
    /** Frames that came and should not have. */
    long wrong() {
      return changed + foreign + twice;
    }
  }

  /** The next frame's number; it counts as given. */
  synchronized int give() {
    states[given % KEPT] = GIVEN;
    return given++;
  }

  /** What came to the far end: a number, or below 0 what is wrong with it. */
  synchronized boolean arrived(int number) {
    if (!move(number, GIVEN, ARRIVED)) {
      return false;
    }
    arrived++;
    return true;
  }

  /** The same for what came back. */
  synchronized void returned(int number) {
    if (move(number, ARRIVED, RETURNED)) {
      returned++;
      if (number >= watchedFrom && watchedAt == 0) {
        watchedAt = System.nanoTime();
        notifyAll();
      }
    }
  }

  private boolean move(int number, byte from, byte to) {
    if (number < -1) {
      changed++;
      return false;
    }
    if (number < 0 || number >= given || number < given - KEPT) {
      foreign++;
      return false;
    }
    byte state = states[number % KEPT];
    if (state != from) {
      twice++;
      return false;
    }
    states[number % KEPT] = to;
    return true;
  }

  /**
   * Waits until a frame that is given from now on is back.
   *
   * @return when it came, as of {@link System#nanoTime()}; 0: none did in so long
   */
  synchronized long awaitNext(long millis) throws InterruptedException {
    watchedFrom = given;
    watchedAt = 0;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (watchedAt == 0) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    watchedFrom = Integer.MAX_VALUE;
    return watchedAt;
  }

  synchronized Books books() {
    return new Books(given, arrived, returned, changed, foreign, twice);
  }
}
