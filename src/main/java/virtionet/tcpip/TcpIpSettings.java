package virtionet.tcpip;

import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/**
 * How a stack works.
 *
 * @param mac the station's address on the link
 * @param mtu bytes that a frame may carry after its header; at least 68 (RFC 791 §3.2)
 * @param hostname what a DHCP server may know this host by; at most 63 letters of ASCII, empty for
 *     nothing
 * @param allocator makes a frame of a length; best where it can be sent from without a copy
 * @param sendQueue frames that may wait for the link
 * @param socketQueue datagrams that may wait for the reader of a socket
 * @param clock nanoseconds from an arbitrary point on, never backwards
 * @see TcpIp
 */
public record TcpIpSettings(
    MacAddress mac,
    int mtu,
    String hostname,
    IntFunction<Frame> allocator,
    int sendQueue,
    int socketQueue,
    ArpSettings arp,
    DhcpSettings dhcp,
    LongSupplier clock) {
  private static final int SMALLEST_MTU = 68;
  private static final int LONGEST_NAME = 63;
  private static final int QUEUE = 256;

  public TcpIpSettings {
    if (!mac.isUsable()) {
      throw new IllegalArgumentException(mac + " is no address of one station");
    }
    if (mtu < SMALLEST_MTU || mtu > 0xffff) {
      throw new IllegalArgumentException(
          "MTU %d: must be from %d to 65535".formatted(mtu, SMALLEST_MTU));
    }
    if (hostname.length() > LONGEST_NAME || !hostname.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new IllegalArgumentException(
          "hostname '%s': at most %d letters of ASCII".formatted(hostname, LONGEST_NAME));
    }
    if (sendQueue < 1 || socketQueue < 1) {
      throw new IllegalArgumentException("queues must have room for at least 1");
    }
  }

  /** The usual for a station of this address on a link of this MTU. */
  public static TcpIpSettings of(MacAddress mac, int mtu) {
    return new TcpIpSettings(
        mac,
        mtu,
        "",
        Frame::ofLength,
        QUEUE,
        QUEUE,
        ArpSettings.defaults(),
        DhcpSettings.defaults(),
        System::nanoTime);
  }

  public TcpIpSettings withHostname(String newHostname) {
    return new TcpIpSettings(
        mac, mtu, newHostname, allocator, sendQueue, socketQueue, arp, dhcp, clock);
  }

  public TcpIpSettings withAllocator(IntFunction<Frame> newAllocator) {
    return new TcpIpSettings(
        mac, mtu, hostname, newAllocator, sendQueue, socketQueue, arp, dhcp, clock);
  }

  public TcpIpSettings withQueues(int newSendQueue, int newSocketQueue) {
    return new TcpIpSettings(
        mac, mtu, hostname, allocator, newSendQueue, newSocketQueue, arp, dhcp, clock);
  }

  public TcpIpSettings withArp(ArpSettings newArp) {
    return new TcpIpSettings(
        mac, mtu, hostname, allocator, sendQueue, socketQueue, newArp, dhcp, clock);
  }

  public TcpIpSettings withDhcp(DhcpSettings newDhcp) {
    return new TcpIpSettings(
        mac, mtu, hostname, allocator, sendQueue, socketQueue, arp, newDhcp, clock);
  }

  public TcpIpSettings withClock(LongSupplier newClock) {
    return new TcpIpSettings(
        mac, mtu, hostname, allocator, sendQueue, socketQueue, arp, dhcp, newClock);
  }
}
