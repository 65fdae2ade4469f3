package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/** Frames that tell when they are released. Any thread. */
public final class TestFrames {
  private final AtomicInteger made = new AtomicInteger();
  private final AtomicInteger released = new AtomicInteger();

  /** A zeroed frame. */
  public Frame make(int length) {
    return make(new byte[length]);
  }

  /** A frame over these bytes. */
  public Frame make(byte[] bytes) {
    made.incrementAndGet();
    return new Frame(MemorySegment.ofArray(bytes), buffer -> released.incrementAndGet(), 0);
  }

  public int made() {
    return made.get();
  }

  public int released() {
    return released.get();
  }

  /** How many somebody still holds. */
  public int held() {
    return made.get() - released.get();
  }
}
