package virtionet.driver;

/** Sees whether a device sends what it was given. One owner. */
final class StallWatch {
  /** Looks in a row without a frame sent that make a stall. */
  static final int LOOKS = 4;

  /** How it looks. */
  enum Finding {
    /** It sends, or has nothing to send. */
    FINE,
    /** It has frames and has sent none since the look before. */
    SLOW,
    /** So it was at each of the last looks. */
    STALLED
  }

  private boolean moved = true;
  private boolean restarted;
  private int looks;

  /** So many were sent. */
  void sent(int frames) {
    moved |= frames > 0;
    restarted &= frames == 0;
  }

  /** Whether the queue alone may be started anew: once, until it has sent a frame. */
  boolean mayRestart() {
    boolean may = !restarted;
    restarted = true;
    looks = 0;
    moved = true;
    return may;
  }

  /** Looks, at equal times. */
  Finding look(int inFlight) {
    boolean fine = moved || inFlight == 0;
    looks = fine ? 0 : looks + 1;
    moved = inFlight == 0;
    if (fine) {
      return Finding.FINE;
    }
    return looks < LOOKS ? Finding.SLOW : Finding.STALLED;
  }
}
