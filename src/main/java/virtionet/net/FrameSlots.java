package virtionet.net;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Frames, each in a slot: as numbers where its buffer and its length are all there is to it, else
 * as the object. So a frame that is but passed on makes no object, and no store of a reference,
 * which the garbage collector would have to be told of. Not thread-safe.
 */
final class FrameSlots {
  /** A length has less bits: in those above it is kept that the frame's checksums are good. */
  private static final int VERIFIED = 1 << 30;

  /** What stands in for the numbers of a frame that is an object. */
  private static final long OBJECT = -1;

  private final BufferPool[] pools;

  /** A frame's buffer, and above it its length; or {@link #OBJECT}. */
  private final long[] words;

  private final @Nullable Frame[] frames;

  FrameSlots(int count) {
    pools = new BufferPool[count];
    words = new long[count];
    frames = new Frame[count];
  }

  int count() {
    return words.length;
  }

  /** A frame in a buffer of the pool, which is lent. */
  void put(int slot, BufferPool pool, int buffer, int length, boolean verified) {
    // What is there is mostly the same, and a look costs less than a store.
    if (pools[slot] != pool) {
      pools[slot] = pool;
    }
    words[slot] = (long) (verified ? length | VERIFIED : length) << Integer.SIZE | buffer;
  }

  /** A frame that its caller holds; from now on it is held by its slot, if it can be. */
  void put(int slot, Frame frame) {
    if (frame.isPlain() && frame.owner() instanceof BufferPool pool && frame.take()) {
      put(slot, pool, frame.buffer(), frame.length(), frame.offload().verified());
    } else {
      putObject(slot, frame);
    }
  }

  private void putObject(int slot, Frame frame) {
    words[slot] = OBJECT;
    frames[slot] = frame;
  }

  /** Moves what is in slots of another there, or of this one towards its front. */
  void move(int slot, FrameSlots from, int fromSlot, int count) {
    int moved = 0;
    while (moved < count) {
      moved += movePlain(slot + moved, from, fromSlot + moved, count - moved);
      if (moved < count) {
        Frame frame = from.take(fromSlot + moved);
        putObject(slot + moved, frame);
        moved++;
      }
    }
  }

  /** Up to the first that is an object; how many. */
  private int movePlain(int slot, FrameSlots from, int fromSlot, int count) {
    for (int i = 0; i < count; i++) {
      long word = from.words[fromSlot + i];
      if (word < 0) {
        return i;
      }
      words[slot + i] = word;
      BufferPool pool = from.pools[fromSlot + i];
      // What is there is mostly the same, and a look costs less than a store.
      if (pools[slot + i] != pool) {
        pools[slot + i] = pool;
      }
    }
    return count;
  }

  /** Nothing is in the slot any more. */
  void clear(int slot) {
    words[slot] = 0;
    frames[slot] = null;
  }

  /** The frame there as an object; it stays. */
  Frame peek(int slot) {
    Frame frame = object(slot);
    if (frame == null) {
      frame = toFrame(slot);
      putObject(slot, frame);
    }
    return frame;
  }

  /** The frame there as an object; the slot is empty. */
  Frame take(int slot) {
    Frame frame = object(slot);
    if (frame == null) {
      return toFrame(slot);
    }
    clear(slot);
    return frame;
  }

  private @Nullable Frame object(int slot) {
    return isPlain(slot) ? null : frames[slot];
  }

  private Frame toFrame(int slot) {
    Frame frame = pools[slot].frame(buffer(slot), length(slot));
    if (isVerified(slot)) {
      frame.settle(Offload.VERIFIED);
    }
    return frame;
  }

  private boolean isVerified(int slot) {
    return ((int) (words[slot] >>> Integer.SIZE) & VERIFIED) != 0;
  }

  /** Whether the frame there is but a buffer and a length. */
  boolean isPlain(int slot) {
    return words[slot] >= 0;
  }

  BufferPool pool(int slot) {
    return pools[slot];
  }

  int buffer(int slot) {
    return bufferIn(words[slot]);
  }

  int length(int slot) {
    Frame frame = object(slot);
    return frame == null ? lengthIn(words[slot]) : frame.length();
  }

  Offload offload(int slot) {
    Frame frame = object(slot);
    if (frame != null) {
      return frame.offload();
    }
    return isVerified(slot) ? Offload.VERIFIED : Offload.NONE;
  }

  /** What a slot says of a frame that is but a buffer and a length; negative for others. */
  long word(int slot) {
    return words[slot];
  }

  static int bufferIn(long word) {
    return (int) word;
  }

  static int lengthIn(long word) {
    return (int) (word >>> Integer.SIZE) & ~VERIFIED;
  }

  MemorySegment memory(int slot) {
    Frame frame = object(slot);
    return frame == null ? pools[slot].memory() : frame.memory();
  }

  long offset(int slot) {
    Frame frame = object(slot);
    return frame == null ? pools[slot].frameOffset(buffer(slot)) : frame.offset();
  }

  /** Releases the frames of these slots, and empties them. */
  void release(int first, int count, int[] scratch) {
    int gathered = 0;
    BufferPool of = null;
    for (int slot = first; slot < first + count; slot++) {
      Frame frame = object(slot);
      if (frame != null) {
        clear(slot);
        // Whoever released it after passing it on must not hinder the end of the others.
        if (!frame.isReleased()) {
          frame.release();
        }
        continue;
      }
      if (of != null && of != pools[slot]) {
        of.released(scratch, gathered);
        gathered = 0;
      }
      of = pools[slot];
      scratch[gathered++] = buffer(slot);
    }
    if (of != null) {
      of.released(scratch, gathered);
    }
  }
}
