package virtionet.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The frames that the device has for transmission, each known by a token. Not thread-safe. */
final class InFlight {
  private static final int[] NONE = {};
  private static final long FREE = Long.MAX_VALUE;

  /** By token: the pool of the frame's buffers, now or when the token was used last. */
  private final BufferPool[] homes;

  /**
   * By token: the frame's first buffer, and above it its bytes, negative ones when it has further
   * buffers; {@link #FREE} when the token is.
   */
  private final long[] frames;

  private final int[][] furtherBuffers;

  /** Buffers that have come back and are not yet given back; all of one pool. */
  private final int[] returned;

  private int returnedCount;
  private @Nullable BufferPool returnedTo;

  /** Stack of the tokens that are not in use. */
  private final int[] freeTokens;

  private int freeTokenCount;

  /** Of all frames that ever were in flight. */
  private long bytes;

  InFlight(int capacity) {
    homes = new BufferPool[capacity];
    frames = new long[capacity];
    furtherBuffers = new int[capacity][];
    returned = new int[capacity];
    Arrays.fill(frames, FREE);
    Arrays.fill(furtherBuffers, NONE);
    freeTokens = new int[capacity];
    for (int i = 0; i < capacity; i++) {
      freeTokens[i] = i;
    }
    freeTokenCount = capacity;
  }

  int capacity() {
    return freeTokens.length;
  }

  int room() {
    return freeTokenCount;
  }

  int count() {
    return freeTokens.length - freeTokenCount;
  }

  /** Remembers a frame in one buffer; there must be room. */
  int put(BufferPool home, int buffer, int length) {
    home.toDevice(buffer);
    int token = freeTokens[--freeTokenCount];
    // What is there is mostly the same, and a look costs less than a store of a reference.
    if (homes[token] != home) {
      homes[token] = home;
    }
    frames[token] = word(buffer, length);
    bytes += length;
    return token;
  }

  private static long word(int buffer, int length) {
    return (long) length << Integer.SIZE | buffer;
  }

  /** Remembers a frame; there must be room. */
  int put(BufferPool home, int firstBuffer, int[] further, int length) {
    int token = put(home, firstBuffer, length);
    if (further.length > 0) {
      for (int buffer : further) {
        home.toDevice(buffer);
      }
      furtherBuffers[token] = further;
      frames[token] = word(firstBuffer, -length);
    }
    return token;
  }

  /** Bytes of all frames that ever were put here. */
  long bytes() {
    return bytes;
  }

  /**
   * The frames were sent, or are given up; their buffers go back with {@link #giveBack}.
   *
   * @return their bytes
   */
  long release(int[] tokens, int count) {
    long released = 0;
    int next = 0;
    while (next < count) {
      int length = release(tokens[next++]);
      released += length;
      // Those of the same pool in one buffer each, as nearly all are: nothing is called for them.
      BufferPool home = returnedTo;
      int place = returnedCount;
      int freeing = freeTokenCount;
      while (next < count && place < returned.length) {
        int token = tokens[next];
        long frame = frames[token];
        if (frame < 0 || frame == FREE || homes[token] != home) {
          break;
        }
        frames[token] = FREE;
        freeTokens[freeing++] = token;
        returned[place++] = (int) frame;
        released += frame >>> Integer.SIZE;
        next++;
      }
      returnedCount = place;
      freeTokenCount = freeing;
    }
    return released;
  }

  private int release(int token) {
    long frame = frames[token];
    if (frame == FREE) {
      throw new IllegalStateException("no frame in flight has token " + token);
    }
    frames[token] = FREE;
    freeTokens[freeTokenCount++] = token;
    BufferPool home = homes[token];
    giveBackLater(home, (int) frame);
    int length = (int) (frame >> Integer.SIZE);
    if (length < 0) {
      int[] further = furtherBuffers[token];
      furtherBuffers[token] = NONE;
      for (int buffer : further) {
        giveBackLater(home, buffer);
      }
    }
    return Math.abs(length);
  }

  private void giveBackLater(BufferPool home, int buffer) {
    if (returnedTo != home || returnedCount == returned.length) {
      giveBack();
      returnedTo = home;
    }
    returned[returnedCount++] = buffer;
  }

  /** Gives the buffers of the frames that were released back: once for many of them. */
  void giveBack() {
    BufferPool home = returnedTo;
    if (home != null && returnedCount > 0) {
      int count = returnedCount;
      returnedCount = 0;
      home.sent(returned, count);
    }
  }

  /** Buffers of all frames. */
  int buffers() {
    int buffers = 0;
    for (int token = 0; token < homes.length; token++) {
      if (frames[token] != FREE) {
        buffers += 1 + furtherBuffers[token].length;
      }
    }
    return buffers;
  }

  /** Gives the buffers of all frames back; how many frames. */
  int releaseAll() {
    int released = 0;
    for (int token = 0; token < homes.length; token++) {
      if (frames[token] != FREE) {
        release(token);
        released++;
      }
    }
    giveBack();
    return released;
  }
}
