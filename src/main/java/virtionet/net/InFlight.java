package virtionet.net;

import org.jspecify.annotations.Nullable;

/** The frames that the device has for transmission, each known by a token. Not thread-safe. */
final class InFlight {
  /** By token: the pool of the frame's buffers; null when the token is free. */
  private final @Nullable BufferPool[] homes;

  private final int[] firstBuffers;
  private final int[][] furtherBuffers;
  private final int[] lengths;

  /** Stack of the tokens that are not in use. */
  private final int[] freeTokens;

  private int freeTokenCount;

  InFlight(int capacity) {
    homes = new BufferPool[capacity];
    firstBuffers = new int[capacity];
    furtherBuffers = new int[capacity][];
    lengths = new int[capacity];
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

  /** Remembers a frame; there must be room. */
  int put(BufferPool home, int firstBuffer, int[] further, int length) {
    home.toDevice(firstBuffer);
    for (int buffer : further) {
      home.toDevice(buffer);
    }
    int token = freeTokens[--freeTokenCount];
    homes[token] = home;
    firstBuffers[token] = firstBuffer;
    furtherBuffers[token] = further;
    lengths[token] = length;
    return token;
  }

  /** Bytes of the frame. */
  int length(int token) {
    return lengths[token];
  }

  /** Gives the frame's buffers back. */
  void release(int token) {
    BufferPool home = homes[token];
    if (home == null) {
      throw new IllegalStateException("no frame in flight has token " + token);
    }
    homes[token] = null;
    freeTokens[freeTokenCount++] = token;
    home.sent(firstBuffers[token]);
    for (int buffer : furtherBuffers[token]) {
      home.sent(buffer);
    }
  }

  /** Buffers of all frames. */
  int buffers() {
    int buffers = 0;
    for (int token = 0; token < homes.length; token++) {
      if (homes[token] != null) {
        buffers += 1 + furtherBuffers[token].length;
      }
    }
    return buffers;
  }

  /** Gives the buffers of all frames back; how many frames. */
  int releaseAll() {
    int released = 0;
    for (int token = 0; token < homes.length; token++) {
      if (homes[token] != null) {
        release(token);
        released++;
      }
    }
    return released;
  }
}
