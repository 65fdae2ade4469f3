package virtionet.tcpip;

import java.util.LinkedHashMap;
import java.util.Map;
import virtionet.net.MacAddress;

/** A DHCP server's messages, option by option. */
final class DhcpMessages {
  static final Ipv4Address SERVER = Ipv4Address.parse("10.0.0.1");
  static final Ipv4Address OFFERED = Ipv4Address.parse("10.0.0.50");

  private final Map<Integer, byte[]> options = new LinkedHashMap<>();
  private Ipv4Address yourAddress = OFFERED;
  private int transaction;
  private MacAddress client = StackFixture.MAC;
  private boolean fromServer = true;

  private DhcpMessages() {}

  /** A message of a type from {@link #SERVER} that lends {@link #OFFERED}/24 for 1000 s. */
  static DhcpMessages of(int type) {
    return new DhcpMessages()
        .option(DhcpMessage.TYPE, type)
        .address(DhcpMessage.SERVER, SERVER)
        .address(DhcpMessage.SUBNET_MASK, Ipv4Address.parse("255.255.255.0"))
        .address(DhcpMessage.ROUTER, SERVER)
        .seconds(DhcpMessage.LEASE_TIME, 1000);
  }

  DhcpMessages option(int code, int... value) {
    byte[] bytes = new byte[value.length];
    for (int i = 0; i < value.length; i++) {
      bytes[i] = (byte) value[i];
    }
    options.put(code, bytes);
    return this;
  }

  DhcpMessages address(int code, Ipv4Address address) {
    return seconds(code, address.bits());
  }

  DhcpMessages seconds(int code, int seconds) {
    return option(code, seconds >>> 24, seconds >>> 16, seconds >>> 8, seconds);
  }

  DhcpMessages text(int code, String text) {
    options.put(code, Packets.text(text));
    return this;
  }

  DhcpMessages without(int code) {
    options.remove(code);
    return this;
  }

  DhcpMessages lending(Ipv4Address address) {
    yourAddress = address;
    return this;
  }

  DhcpMessages answering(DhcpMessage request) {
    transaction = request.transaction();
    client = request.client();
    return this;
  }

  DhcpMessages transaction(int number) {
    transaction = number;
    return this;
  }

  DhcpMessages client(MacAddress mac) {
    client = mac;
    return this;
  }

  DhcpMessages fromClient() {
    fromServer = false;
    return this;
  }

  DhcpMessage message() {
    return new DhcpMessage(
        fromServer, transaction, Ipv4Address.ANY, yourAddress, client, Map.copyOf(options));
  }

  byte[] bytes() {
    return message().encode();
  }
}
