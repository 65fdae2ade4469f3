package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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

  private final MemorySegment segment;
  private final @Nullable FrameOwner owner;
  private final int buffer;

  @SuppressWarnings("unused") // by RELEASED
  private volatile boolean released;

  Frame(MemorySegment segment, @Nullable FrameOwner owner, int buffer) {
    this.segment = segment;
    this.owner = owner;
    this.buffer = buffer;
  }

  /** A frame on the Java heap with a copy of these bytes, from the destination address on. */
  public static Frame copyOf(byte[] bytes) {
    return wrap(bytes.clone());
  }

  /** A frame over this very array, which the caller gives away. */
  public static Frame wrap(byte[] bytes) {
    return new Frame(MemorySegment.ofArray(bytes), null, -1);
  }

  /** A zeroed frame of that many bytes on the Java heap. */
  public static Frame ofLength(int length) {
    return wrap(new byte[length]);
  }

  /** Bytes of the frame, Ethernet header included. */
  public int length() {
    return (int) segment.byteSize();
  }

  /**
   * The frame's bytes; not to be kept beyond the release.
   *
   * @throws IllegalStateException when the frame was released
   */
  public MemorySegment segment() {
    requireHeld();
    return segment;
  }

  /** The frame's bytes in a new array. */
  public byte[] toByteArray() {
    return segment().toArray(ValueLayout.JAVA_BYTE);
  }

  /** A copy on the Java heap, with a life of its own. */
  public Frame copy() {
    return wrap(toByteArray());
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
    giveBack();
  }

  /** Gives the buffer back; only after {@link #take()}. */
  void giveBack() {
    if (owner != null) {
      owner.released(buffer);
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
    return RELEASED.compareAndSet(this, false, true);
  }

  /** The frame's bytes, whoever holds it. */
  MemorySegment bytes() {
    return segment;
  }

  @Nullable FrameOwner owner() {
    return owner;
  }

  int buffer() {
    return buffer;
  }

  private void requireHeld() {
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
