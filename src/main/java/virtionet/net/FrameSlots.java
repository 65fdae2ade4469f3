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

  private final BufferPool[] pools;
  private final int[] buffers;
  private final int[] lengths;
  private final @Nullable Frame[] frames;

  FrameSlots(int count) {
    pools = new BufferPool[count];
    buffers = new int[count];
    lengths = new int[count];
    frames = new Frame[count];
  }

  int count() {
    return buffers.length;
  }

  /** A frame in a buffer of the pool, which is lent. */
  void put(int slot, BufferPool pool, int buffer, int length, boolean verified) {
    // What is there is mostly the same, and a look costs less than a store.
    if (pools[slot] != pool) {
      pools[slot] = pool;
    }
    buffers[slot] = buffer;
    lengths[slot] = verified ? length | VERIFIED : length;
  }

  /** A frame that its caller holds; from now on it is held by its slot, if it can be. */
  void put(int slot, Frame frame) {
    if (frame.isPlain() && frame.owner() instanceof BufferPool pool && frame.take()) {
      put(slot, pool, frame.buffer(), frame.length(), frame.offload().verified());
    } else {
      frames[slot] = frame;
    }
  }

  /** Moves what is in a slot of another there. */
  void move(int slot, FrameSlots from, int fromSlot) {
    Frame frame = from.frames[fromSlot];
    if (frame == null) {
      if (pools[slot] != from.pools[fromSlot]) {
        pools[slot] = from.pools[fromSlot];
      }
      buffers[slot] = from.buffers[fromSlot];
      lengths[slot] = from.lengths[fromSlot];
    } else {
      frames[slot] = frame;
      from.frames[fromSlot] = null;
    }
  }

  /** Nothing is in the slot any more. */
  void clear(int slot) {
    if (frames[slot] != null) {
      frames[slot] = null;
    }
  }

  /** The frame there as an object; it stays. */
  Frame peek(int slot) {
    Frame frame = frames[slot];
    if (frame == null) {
      frame = toFrame(slot);
      frames[slot] = frame;
    }
    return frame;
  }

  /** The frame there as an object; the slot is empty. */
  Frame take(int slot) {
    Frame frame = frames[slot];
    if (frame == null) {
      return toFrame(slot);
    }
    frames[slot] = null;
    return frame;
  }

  private Frame toFrame(int slot) {
    Frame frame = pools[slot].frame(buffers[slot], length(slot));
    if ((lengths[slot] & VERIFIED) != 0) {
      frame.settle(Offload.VERIFIED);
    }
    return frame;
  }

  /** Whether the frame there is but a buffer and a length. */
  boolean isPlain(int slot) {
    return frames[slot] == null;
  }

  BufferPool pool(int slot) {
    return pools[slot];
  }

  int buffer(int slot) {
    return buffers[slot];
  }

  int length(int slot) {
    Frame frame = frames[slot];
    return frame == null ? lengths[slot] & ~VERIFIED : frame.length();
  }

  Offload offload(int slot) {
    Frame frame = frames[slot];
    if (frame != null) {
      return frame.offload();
    }
    return (lengths[slot] & VERIFIED) != 0 ? Offload.VERIFIED : Offload.NONE;
  }

  MemorySegment memory(int slot) {
    Frame frame = frames[slot];
    return frame == null ? pools[slot].memory() : frame.memory();
  }

  long offset(int slot) {
    Frame frame = frames[slot];
    return frame == null ? pools[slot].frameOffset(buffers[slot]) : frame.offset();
  }

  /** Releases the frames of these slots, and empties them. */
  void release(int first, int count, int[] scratch) {
    int gathered = 0;
    BufferPool of = null;
    for (int slot = first; slot < first + count; slot++) {
      Frame frame = frames[slot];
      if (frame != null) {
        frames[slot] = null;
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
      scratch[gathered++] = buffers[slot];
    }
    if (of != null) {
      of.released(scratch, gathered);
    }
  }
}
