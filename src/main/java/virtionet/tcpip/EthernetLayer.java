package virtionet.tcpip;

import java.lang.foreign.MemorySegment;
import java.util.function.IntFunction;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/** Frames: takes those that are for this station, and makes those that go out. */
final class EthernetLayer {
  private final MacAddress mac;
  private final IntFunction<Frame> allocator;
  private final Stack.Link link;
  private final TcpIpCounters counters;

  EthernetLayer(
      MacAddress mac, IntFunction<Frame> allocator, Stack.Link link, TcpIpCounters counters) {
    this.mac = mac;
    this.allocator = allocator;
    this.link = link;
    this.counters = counters;
  }

  MacAddress mac() {
    return mac;
  }

  /** Whether the link takes more at once. */
  boolean hasRoom() {
    return link.hasRoom();
  }

  /** Whether the frame is for us; else the reason was counted. */
  boolean accepts(MemorySegment frame) {
    counters.increment(TcpIpCounter.FRAMES_RECEIVED);
    if (frame.byteSize() < EthernetHeader.LENGTH) {
      counters.increment(TcpIpCounter.ETHERNET_MALFORMED);
      return false;
    }
    MacAddress destination = Wire.mac(frame, EthernetHeader.DESTINATION);
    if (!destination.equals(mac) && !destination.equals(MacAddress.BROADCAST)) {
      counters.increment(TcpIpCounter.ETHERNET_NOT_OURS);
      return false;
    }
    return true;
  }

  static int type(MemorySegment frame) {
    return Wire.u16(frame, EthernetHeader.TYPE);
  }

  static MemorySegment payload(MemorySegment frame) {
    return frame.asSlice(EthernetHeader.LENGTH);
  }

  /** A frame that bears our address and this type, and yet no destination. */
  Frame frame(int type, int payloadLength) {
    Frame frame = allocator.apply(EthernetHeader.LENGTH + payloadLength);
    Wire.mac(frame.segment(), EthernetHeader.SOURCE, mac);
    Wire.u16(frame.segment(), EthernetHeader.TYPE, type);
    return frame;
  }

  /** Sends a frame made here. */
  void send(Frame frame, MacAddress destination) {
    Wire.mac(frame.segment(), EthernetHeader.DESTINATION, destination);
    counters.increment(TcpIpCounter.FRAMES_SENT);
    link.send(frame);
  }
}
