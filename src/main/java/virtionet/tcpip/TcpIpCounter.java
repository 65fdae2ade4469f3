package virtionet.tcpip;

/**
 * What a stack counts.
 *
 * @see TcpIp
 */
public enum TcpIpCounter {
  FRAMES_RECEIVED("frames received", "frames that came from the link"),
  FRAMES_SENT("frames sent", "frames that were given to the link"),
  DATAGRAMS_RECEIVED("datagrams received", "UDP datagrams that a socket took"),
  DATAGRAMS_SENT("datagrams sent", "UDP datagrams of sockets, also if lost as told below"),
  PINGS_ANSWERED("pings answered", "echo requests of others that were answered"),

  ETHERNET_MALFORMED("malformed frame", "dropped: shorter than an Ethernet header"),
  ETHERNET_NOT_OURS("not our MAC", "dropped: for another station, or for a group"),
  ETHERNET_UNKNOWN_TYPE("unknown type", "dropped: neither ARP nor IPv4"),
  ARP_MALFORMED("malformed ARP", "dropped: not ARP for IPv4 over Ethernet, or no sane sender"),
  ARP_CONFLICT("address conflict", "another station says that it has our address"),
  ARP_QUEUE_FULL("no room for resolution", "not sent: too much waits for that address"),
  ARP_UNANSWERED("unresolved", "not sent: nobody said that he has that address"),
  IPV4_MALFORMED("malformed IPv4", "dropped: version or lengths make no sense"),
  IPV4_BAD_CHECKSUM("bad IPv4 checksum", "dropped: the header was damaged"),
  IPV4_FRAGMENT("fragment", "dropped: packets in pieces are not put together"),
  IPV4_NOT_OURS("not our address", "dropped: for another address"),
  IPV4_BAD_SOURCE("bad source", "dropped: nobody can have that address"),
  IPV4_UNKNOWN_PROTOCOL("unknown protocol", "dropped: neither ICMP nor UDP"),
  IPV4_NO_ROUTE("no route", "not sent: no way there, or no address yet"),
  ICMP_MALFORMED("malformed ICMP", "dropped: too short"),
  ICMP_BAD_CHECKSUM("bad ICMP checksum", "dropped: damaged"),
  ICMP_IGNORED("ICMP ignored", "dropped: a type that nothing here waits for"),
  UDP_MALFORMED("malformed UDP", "dropped: lengths make no sense"),
  UDP_BAD_CHECKSUM("bad UDP checksum", "dropped: damaged"),
  UDP_NO_SOCKET("no such port", "dropped: no socket has that port"),
  UDP_NO_PORT("to port 0", "not sent: an answer to somebody who wants none"),
  UDP_QUEUE_FULL("socket full", "dropped: its socket's queue was full"),
  SEND_QUEUE_FULL("link busy", "not sent: no datagram, and the link had no room"),
  DHCP_IGNORED("DHCP ignored", "messages that are none, or that nobody here asked for");

  private final String label;
  private final String meaning;

  TcpIpCounter(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** Two or three words. */
  public String label() {
    return label;
  }

  /** What it counts. */
  public String meaning() {
    return meaning;
  }
}
