package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An Ethernet frame on its way in or out: destination, source, type and payload, without preamble
 * and frame check sequence.
 *
 * <p>A frame has one holder at a time. Whoever gets one from the driver releases it, or passes it
 * on to somebody who will: sending it down a transmit path passes it on. A frame may be handed from
 * thread to thread (with a happens-before edge, as streams and messages give) but not be used by
 * two at once. A received frame is a view of the buffer that the device wrote, so its bytes must
 * not be touched after the release.
 *
 * <p>A received frame may lie in several buffers, as a chain of segments. Only a client that asks
 * for frames as the device gives them ({@link ReceivedFrames#AS_GIVEN}) sees such a one.
 */
public final class Frame {
  /** Bytes of the Ethernet header: the least that a frame can be. */
  public static final int HEADER_LENGTH = 14;

  private static final VarHandle RELEASED;

  static {
    try {
      RELEASED = MethodHandles.lookup().findVarHandle(Frame.class, "released", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final MemorySegment[] NO_SEGMENTS = {};
  private static final int[] NO_BUFFERS = {};

  /** Where the first segment lies, and how long it is. */
  private final MemorySegment memory;

  private final long offset;
  private final int firstLength;

  private final @Nullable FrameOwner owner;

  /** The owner's number of the buffer that the first segment lies in. */
  private final int buffer;

  private final MemorySegment[] furtherSegments;
  private final int[] furtherBuffers;
  private final int length;
  private Offload offload = Offload.NONE;
  private int hash;
  private int hashReport;

  /** With leak detection. */
  private @Nullable FrameWatch watch;

  @SuppressWarnings("unused") // by RELEASED
  private volatile boolean released;

  Frame(MemorySegment segment, @Nullable FrameOwner owner, int buffer) {
    this(segment, 0, (int) segment.byteSize(), owner, buffer);
  }

  /** A frame in one segment, which is a part of that memory. */
  Frame(MemorySegment memory, long offset, int length, @Nullable FrameOwner owner, int buffer) {
    this(memory, offset, length, owner, buffer, NO_SEGMENTS, NO_BUFFERS);
  }

  Frame(
      MemorySegment segment,
      @Nullable FrameOwner owner,
      int buffer,
      MemorySegment[] furtherSegments,
      int[] furtherBuffers) {
    this(segment, 0, (int) segment.byteSize(), owner, buffer, furtherSegments, furtherBuffers);
  }

  /** A chain; all its buffers are the owner's. */
  Frame(
      MemorySegment memory,
      long offset,
      int firstLength,
      @Nullable FrameOwner owner,
      int buffer,
      MemorySegment[] furtherSegments,
      int[] furtherBuffers) {
    this.memory = memory;
    this.offset = offset;
    this.firstLength = firstLength;
    this.owner = owner;
    this.buffer = buffer;
    this.furtherSegments = furtherSegments;
    this.furtherBuffers = furtherBuffers;
    int sum = firstLength;
    for (MemorySegment further : furtherSegments) {
      sum += (int) further.byteSize();
    }
    length = sum;
  }

  /** A frame on the Java heap with a copy of these bytes, from the destination address on. */
  public static Frame copyOf(byte[] bytes) {
    return wrap(Objects.requireNonNull(bytes, "bytes").clone());
  }

  /** A frame over this very array, which the caller gives away. */
  public static Frame wrap(byte[] bytes) {
    return new Frame(MemorySegment.ofArray(Objects.requireNonNull(bytes, "bytes")), null, -1);
  }

  /**
   * A zeroed frame of that many bytes on the Java heap.
   *
   * @throws IllegalArgumentException when the length is below 0
   */
  public static Frame ofLength(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("a frame of " + length + " bytes: must not be below 0");
    }
    return wrap(new byte[length]);
  }

  /** Bytes of the frame, Ethernet header included. */
  public int length() {
    return length;
  }

  /**
   * The frame's bytes; not to be kept beyond the release.
   *
   * @throws IllegalStateException when the frame was released, or has several segments
   */
  public MemorySegment segment() {
    requireHeld();
    if (furtherSegments.length != 0) {
      throw new IllegalStateException(
          "frame of %d bytes in %d segments: gather it, or take one segment after the other"
              .formatted(length, segmentCount()));
    }
    return piece(0);
  }

  /** In how many pieces the frame lies: one, as a rule. */
  public int segmentCount() {
    return 1 + furtherSegments.length;
  }

  /**
   * A piece of the frame's bytes; not to be kept beyond the release.
   *
   * @param index from 0 on
   * @throws IllegalStateException when the frame was released
   * @throws IndexOutOfBoundsException when the frame has no such segment
   */
  public MemorySegment segment(int index) {
    requireHeld();
    return piece(Objects.checkIndex(index, segmentCount()));
  }

  /**
   * The frame in one segment: itself where it has but one, else a copy on the Java heap, for which
   * this one is released. The caller holds what it gets.
   *
   * @throws IllegalStateException when the frame was released
   */
  public Frame gather() {
    requireHeld();
    if (furtherSegments.length == 0) {
      return this;
    }
    Frame copy = copy();
    release();
    return copy;
  }

  /**
   * The frame's bytes in a new array.
   *
   * @throws IllegalStateException when the frame was released
   */
  public byte[] toByteArray() {
    requireHeld();
    byte[] bytes = new byte[length];
    copyTo(0, MemorySegment.ofArray(bytes), 0, length);
    return bytes;
  }

  /**
   * Copies the frame's first bytes, across its segments.
   *
   * @param count bytes, up to its length; the target has room for them
   * @throws IllegalStateException when the frame was released
   */
  public void copyTo(MemorySegment target, int count) {
    requireHeld();
    Objects.requireNonNull(target, "target");
    Objects.checkFromIndexSize(0, count, length);
    copyTo(0, target, 0, count);
  }

  /**
   * A copy on the Java heap, in one segment, with a life of its own.
   *
   * @throws IllegalStateException when the frame was released
   */
  public Frame copy() {
    return wrap(toByteArray()).offload(offload).sameHash(this);
  }

  /** What is left to do for the frame, or was done for it; {@link Offload#NONE} as a rule. */
  public Offload offload() {
    return offload;
  }

  /**
   * Says what is left to do for the frame.
   *
   * @throws IllegalStateException when the frame was released
   */
  public Frame offload(Offload newOffload) {
    Objects.requireNonNull(newOffload, "newOffload");
    requireHeld();
    offload = newOffload;
    return this;
  }

  /** The same, whoever holds the frame. */
  void settle(Offload newOffload) {
    offload = newOffload;
  }

  /** The hash that the device reports for the frame; with HASH_REPORT, and if it made one. */
  public Optional<FrameHash> hash() {
    return HashType.reported(hashReport).map(type -> new FrameHash(hash, type));
  }

  /** What the device says of it: an unknown report is as good as none. */
  void hash(int value, int report) {
    hash = value;
    hashReport = report;
  }

  /** Takes over what the device says of another frame of the same addresses and ports. */
  Frame sameHash(Frame other) {
    hash(other.hash, other.hashReport);
    return this;
  }

  /**
   * Ends this holder's use; the buffer goes back to where it came from. Any thread.
   *
   * @throws IllegalStateException when the frame was released before
   */
  public void release() {
    if (!RELEASED.compareAndSet(this, false, true)) {
      throw new IllegalStateException(
          "frame of " + length() + " bytes released twice: it has one holder at a time");
    }
    endWatch();
    giveBack();
  }

  /** Called before anybody else has the frame. */
  void watchedBy(FrameWatch newWatch) {
    watch = newWatch;
  }

  /**
   * Says who has the frame now, for the message that names it if it is never released. Does nothing
   * unless {@code virtionet.leak-detection} is on.
   *
   * @param holder for people, such as a stage's name
   */
  public void touch(String holder) {
    Objects.requireNonNull(holder, "holder");
    if (watch != null) {
      watch.touch(holder);
    }
  }

  private void endWatch() {
    if (watch != null) {
      try {
        watch.end();
      } finally {
        // Else the frame could count as garbage between its release and this.
        Reference.reachabilityFence(this);
      }
    }
  }

  /** Gives the buffer back; only after {@link #take()}. */
  void giveBack() {
    if (owner != null) {
      owner.released(buffer);
      for (int further : furtherBuffers) {
        owner.released(further);
      }
    }
  }

  /** Whether {@link #release()} was called. */
  public boolean isReleased() {
    return released;
  }

  /**
   * Ends this holder's use without giving the buffer back: the caller has it now.
   *
   * @return false when the frame was released before
   */
  boolean take() {
    if (!RELEASED.compareAndSet(this, false, true)) {
      return false;
    }
    endWatch();
    return true;
  }

  /** A piece of the frame's bytes, whoever holds it. */
  MemorySegment piece(int index) {
    if (index > 0) {
      return furtherSegments[index - 1];
    }
    return firstLength == memory.byteSize() ? memory : memory.asSlice(offset, firstLength);
  }

  /** What its first segment is a part of. */
  MemorySegment memory() {
    return memory;
  }

  /** Where in it the first segment begins. */
  long offset() {
    return offset;
  }

  /** Whether all there is to it is a buffer and a length: it asks for nothing else. */
  boolean isPlain() {
    return furtherSegments.length == 0 && offload.isDone() && hashReport == 0 && watch == null;
  }

  /** Copies bytes of the frame, whoever holds it. */
  void copyTo(int from, MemorySegment target, long at, int count) {
    int skip = from;
    int copied = 0;
    for (int i = 0; copied < count; i++) {
      MemorySegment piece = piece(i);
      int size = (int) piece.byteSize();
      if (skip >= size) {
        skip -= size;
        continue;
      }
      int part = Math.min(size - skip, count - copied);
      MemorySegment.copy(piece, skip, target, at + copied, part);
      copied += part;
      skip = 0;
    }
  }

  /** The unsigned byte there, whoever holds the frame. */
  int u8(int offset) {
    int at = offset;
    int i = 0;
    while (at >= piece(i).byteSize()) {
      at -= (int) piece(i++).byteSize();
    }
    return Byte.toUnsignedInt(piece(i).get(ValueLayout.JAVA_BYTE, at));
  }

  /** The two bytes there as an unsigned number of the network's byte order. */
  int u16(int offset) {
    return u8(offset) << 8 | u8(offset + 1);
  }

  void u16(int offset, int value) {
    set(offset, value >> 8);
    set(offset + 1, value);
  }

  private void set(int offset, int value) {
    int at = offset;
    int i = 0;
    while (at >= piece(i).byteSize()) {
      at -= (int) piece(i++).byteSize();
    }
    piece(i).set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }

  @Nullable FrameOwner owner() {
    return owner;
  }

  int buffer() {
    return buffer;
  }

  /** The owner's numbers of the buffers that the segments after the first lie in. */
  int[] furtherBuffers() {
    return furtherBuffers;
  }

  void requireHeld() {
    if (released) {
      throw new IllegalStateException(
          "frame of " + length() + " bytes used after its release: copy it to keep it");
    }
  }

  @Override
  public String toString() {
    return "Frame[" + length() + " bytes" + (released ? ", released]" : "]");
  }
}
