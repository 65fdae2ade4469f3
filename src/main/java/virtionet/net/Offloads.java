package virtionet.net;

import java.util.ArrayList;
import java.util.List;

/**
 * Does in software what an {@link Offload} leaves to be done. The frames are the caller's, before
 * and after. No state, any thread.
 */
public final class Offloads {
  private Offloads() {}

  /**
   * Leaves a TCP or UDP checksum to somebody else: writes the pseudo header's sum into its field,
   * and says so in the frame's offload.
   *
   * @param frame Ethernet, VLAN tags or none, IPv4 or IPv6 without extension headers, TCP or UDP
   * @return the same frame
   * @throws IllegalArgumentException when it is something else
   * @throws IllegalStateException when the frame was released
   */
  public static Frame prepare(Frame frame) {
    frame.requireHeld();
    int network = Packet.networkStart(frame);
    int type = frame.length() < network ? 0 : Packet.type(frame, network);
    if (type == Packet.IPV4 && frame.length() >= network + Packet.IPV4_HEADER) {
      return prepare(
          frame,
          network + Packet.ipv4HeaderLength(frame, network),
          frame.u8(network + Packet.IPV4_PROTOCOL),
          network + Packet.IPV4_SOURCE,
          8);
    }
    if (type == Packet.IPV6 && frame.length() >= network + Packet.IPV6_HEADER) {
      return prepare(
          frame,
          network + Packet.IPV6_HEADER,
          frame.u8(network + Packet.IPV6_NEXT_HEADER),
          network + Packet.IPV6_SOURCE,
          32);
    }
    throw new IllegalArgumentException(
        "EtherType 0x%04x: only IPv4 and IPv6 can have a checksum to complete".formatted(type));
  }

  private static Frame prepare(
      Frame frame, int transport, int protocol, int addresses, int addressBytes) {
    if (protocol != Packet.TCP && protocol != Packet.UDP) {
      throw new IllegalArgumentException("protocol " + protocol + " is neither TCP nor UDP");
    }
    int field = protocol == Packet.TCP ? Packet.TCP_CHECKSUM : Packet.UDP_CHECKSUM;
    if (transport + field + Short.BYTES > frame.length()) {
      throw new IllegalArgumentException("the frame ends before its checksum");
    }
    long sum = (long) protocol + frame.length() - transport;
    for (int at = addresses; at < addresses + addressBytes; at += Short.BYTES) {
      sum += frame.u16(at);
    }
    frame.u16(transport + field, InternetChecksum.fold(sum));
    return frame.offload(Offload.checksum(transport, field));
  }

  /**
   * What is wrong with the frame's offload.
   *
   * @param mtu most bytes of a segment after its Ethernet header
   * @return empty when nothing is
   * @throws IllegalStateException when the frame was released
   */
  public static String problem(Frame frame, int mtu) {
    frame.requireHeld();
    if (frame.length() < Frame.HEADER_LENGTH) {
      return "it is shorter than an Ethernet header";
    }
    String problem = OffloadRules.problem(frame, frame.offload(), mtu);
    return problem == null ? "" : problem;
  }

  /** Completes the checksum that is to be completed, in place; whoever holds the frame. */
  static void complete(Frame frame, Offload offload) {
    int sum = InternetChecksum.sum(frame, offload.checksumStart());
    frame.u16(offload.checksumStart() + offload.checksumOffset(), InternetChecksum.complement(sum));
    // Sums that were left out on the way are as good as verified (VirtIO 1.3 §5.1.6.4.1).
    frame.settle(Offload.VERIFIED);
  }

  /**
   * The frames that this one stands for, with nothing left to be done, each in one segment: itself
   * with its checksum completed in place, or copies on the heap for which it is released.
   *
   * @throws IllegalArgumentException when its offload cannot be true of it; it is released
   * @throws IllegalStateException when the frame was released
   */
  public static List<Frame> plain(Frame frame) {
    frame.requireHeld();
    Offload offload = frame.offload();
    if (offload.isDone()) {
      return List.of(frame.gather());
    }
    if (!problem(frame, Integer.MAX_VALUE).isEmpty()) {
      throw refused(frame, problem(frame, Integer.MAX_VALUE));
    }
    if (!offload.needsSegmentation()) {
      Frame whole = frame.gather();
      complete(whole, offload);
      return List.of(whole);
    }
    Segmenter segmenter = Segmenter.of(frame, offload, Integer.MAX_VALUE);
    if (segmenter == null) {
      throw refused(frame, "its headers have changed since it was looked at");
    }
    List<Frame> segments = new ArrayList<>();
    while (segmenter.hasNext()) {
      Frame segment = Frame.ofLength(segmenter.nextLength());
      segmenter.next(segment.segment());
      segments.add(segment.offload(Offload.VERIFIED));
    }
    frame.release();
    return segments;
  }

  private static IllegalArgumentException refused(Frame frame, String problem) {
    frame.release();
    return new IllegalArgumentException(
        "frame of %d bytes: %s (%s)".formatted(frame.length(), problem, frame.offload()));
  }
}
