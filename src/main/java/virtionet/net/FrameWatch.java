package virtionet.net;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What the {@link LeakDetector} knows of one frame or one batch: not that itself. Any thread. */
final class FrameWatch implements Runnable {
  private final LeakDetector detector;
  private final String what;
  private final long since = System.nanoTime();
  private final Throwable origin = new Throwable("the frame was taken here");
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile String holder = "";
  private volatile Cleaner.@Nullable Cleanable cleanable;

  FrameWatch(LeakDetector detector, String what) {
    this.detector = detector;
    this.what = what;
  }

  void cleanable(Cleaner.Cleanable ofFrame) {
    cleanable = ofFrame;
  }

  /** Somebody has the frame now. */
  void touch(String newHolder) {
    holder = newHolder;
  }

  /** The frame was released, or its buffer is the driver's again. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      detector.ended(this);
      Cleaner.Cleanable cleaning = cleanable;
      if (cleaning != null) {
        cleaning.clean();
      }
    }
  }

  /** For the cleaner alone: the frame is garbage, or its watch has just ended. */
  @Override
  public void run() {
    if (ended.compareAndSet(false, true)) {
      detector.leaked(this);
    }
  }

  /** When the frame was taken, by {@link System#nanoTime()}. */
  long since() {
    return since;
  }

  /** Where the frame was taken. */
  Throwable origin() {
    return origin;
  }

  String description() {
    String with = holder;
    return with.isEmpty() ? what : what + ", last seen with " + with;
  }
}
