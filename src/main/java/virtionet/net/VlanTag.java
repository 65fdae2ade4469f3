package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The tag that puts a frame into a VLAN (IEEE 802.1Q), between its addresses and its type.
 *
 * @param priority 0 to 7
 * @param dropEligible whether it goes first where there is no room
 * @param id of the VLAN, 1 to 4094; or 0 for a priority alone
 */
public record VlanTag(int priority, boolean dropEligible, int id) {
  /** Bytes of a tag. */
  public static final int LENGTH = 4;

  /** The type of a tagged frame. */
  public static final int ETHER_TYPE = 0x8100;

  private static final int HIGHEST_ID = 4094;
  private static final int HIGHEST_PRIORITY = 7;
  private static final int AT = 2 * MacAddress.LENGTH;

  public VlanTag {
    if (priority < 0 || priority > HIGHEST_PRIORITY) {
      throw new IllegalArgumentException(
          "VLAN priority %d: must be from 0 to %d".formatted(priority, HIGHEST_PRIORITY));
    }
    if (id != 0) {
      requireNetwork(id);
    }
  }

  /** A tag of this VLAN with the usual priority. */
  public static VlanTag of(int id) {
    return new VlanTag(0, false, id);
  }

  /** Refuses what names no VLAN: 0 stands for none, 4095 is reserved. */
  static void requireNetwork(int id) {
    if (id < 1 || id > HIGHEST_ID) {
      throw new IllegalArgumentException(
          "VLAN %d: must be from 1 to %d; 0 stands for none, 4095 is reserved"
              .formatted(id, HIGHEST_ID));
    }
  }

  /** The outermost tag of a frame; empty where it has none, or one of the reserved VLAN 4095. */
  public static Optional<VlanTag> read(Frame frame) {
    frame.requireHeld();
    if (!isTagged(frame)) {
      return Optional.empty();
    }
    int control = frame.u16(AT + 2);
    int id = control & 0xfff;
    return id > HIGHEST_ID
        ? Optional.empty()
        : Optional.of(new VlanTag(control >>> 13, (control & 0x1000) != 0, id));
  }

  private static boolean isTagged(Frame frame) {
    return frame.length() >= Frame.HEADER_LENGTH + LENGTH && frame.u16(AT) == ETHER_TYPE;
  }

  /**
   * The frame with this tag outermost, in one segment; what is left to be done for it, and its
   * hash, are as they were. The one given is released.
   *
   * @param allocator makes a frame of a length, as {@code EthernetConnection.allocate}
   * @throws IllegalArgumentException for a frame without an Ethernet header, or whose offload
   *     cannot be true with a tag before it, or when the allocator gives another length; it stays
   *     held
   */
  public Frame push(Frame frame, IntFunction<Frame> allocator) {
    frame.requireHeld();
    if (frame.length() < Frame.HEADER_LENGTH) {
      throw new IllegalArgumentException(
          "a frame of %d bytes has no Ethernet header to tag".formatted(frame.length()));
    }
    Frame tagged = replacement(frame, AT, AT + LENGTH, allocator);
    tagged.u16(AT, ETHER_TYPE);
    tagged.u16(AT + 2, priority << 13 | (dropEligible ? 0x1000 : 0) | id);
    return tagged;
  }

  /**
   * The frame without its outermost tag, in one segment; what is left to be done for it, and its
   * hash, are as they were. The one given is released.
   *
   * @throws IllegalArgumentException for a frame without a tag, or whose offload cannot be true
   *     without it; it stays held
   */
  public static Frame pop(Frame frame, IntFunction<Frame> allocator) {
    frame.requireHeld();
    if (!isTagged(frame)) {
      throw new IllegalArgumentException(
          "a frame of %d bytes without a VLAN tag".formatted(frame.length()));
    }
    return replacement(frame, AT + LENGTH, AT, allocator);
  }

  /** A frame of the same addresses, in which what lies from one place on lies from another on. */
  private static Frame replacement(Frame frame, int from, int to, IntFunction<Frame> allocator) {
    Offload offload = frame.offload().moved(to - from);
    int length = frame.length() + to - from;
    Frame replacement = allocator.apply(length);
    if (replacement.length() != length) {
      int given = replacement.length();
      replacement.release();
      throw new IllegalArgumentException(
          "the allocator was asked for %d bytes and gave %d".formatted(length, given));
    }
    MemorySegment out = replacement.segment();
    frame.copyTo(0, out, 0, AT);
    frame.copyTo(from, out, to, frame.length() - from);
    frame.release();
    return replacement.offload(offload).sameHash(frame);
  }
}
