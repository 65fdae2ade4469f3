package virtionet.tcpip;

/** The header of an Ethernet frame (IEEE 802.3 clause 3, type interpretation). */
final class EthernetHeader {
  /** 6 bytes: the receiver's hardware address. */
  static final int DESTINATION = 0;

  /** 6 bytes: the sender's hardware address. */
  static final int SOURCE = 6;

  /** 2 bytes: the payload's protocol. */
  static final int TYPE = 12;

  static final int LENGTH = 14;

  static final int TYPE_IPV4 = 0x0800;
  static final int TYPE_ARP = 0x0806;

  private EthernetHeader() {}
}
