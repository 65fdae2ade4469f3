package virtionet.tcpip;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import virtionet.net.MacAddress;

/**
 * A DHCP message (RFC 2131 §2, options of RFC 2132), as far as a client needs it.
 *
 * @param fromServer whether it is an answer, or else a request
 * @param transaction ties answers to requests
 * @param clientAddress what the client has already and will answer to; else 0.0.0.0
 * @param yourAddress what the server grants
 * @param options values by their codes
 */
record DhcpMessage(
    boolean fromServer,
    int transaction,
    Ipv4Address clientAddress,
    Ipv4Address yourAddress,
    MacAddress client,
    Map<Integer, byte[]> options) {
  static final int SUBNET_MASK = 1;
  static final int ROUTER = 3;
  static final int DNS = 6;
  static final int HOST_NAME = 12;
  static final int REQUESTED_ADDRESS = 50;
  static final int LEASE_TIME = 51;
  static final int TYPE = 53;
  static final int SERVER = 54;
  static final int PARAMETERS = 55;
  static final int MESSAGE = 56;
  static final int RENEWAL_TIME = 58;
  static final int REBINDING_TIME = 59;
  static final int CLIENT = 61;

  static final int DISCOVER = 1;
  static final int OFFER = 2;
  static final int REQUEST = 3;
  static final int ACKNOWLEDGE = 5;
  static final int REFUSE = 6;

  private static final int OPERATION = 0;
  private static final int HARDWARE_TYPE = 1;
  private static final int HARDWARE_LENGTH = 2;
  private static final int TRANSACTION = 4;
  private static final int CLIENT_ADDRESS = 12;
  private static final int YOUR_ADDRESS = 16;
  private static final int CLIENT_HARDWARE = 28;
  private static final int COOKIE = 236;
  private static final int OPTIONS = 240;

  private static final int REQUEST_OPERATION = 1;
  private static final int REPLY_OPERATION = 2;
  private static final int ETHERNET = 1;
  private static final int MAGIC = 0x63825363;
  private static final int PAD = 0;
  private static final int END = 255;

  /** Some servers and relays drop less (RFC 951). */
  private static final int SHORTEST = 300;

  private static final int LONGEST_OPTION = 255;

  /** Reads a message; empty when the bytes are none for an Ethernet station, or damaged. */
  static Optional<DhcpMessage> decode(byte[] bytes) {
    MemorySegment segment = MemorySegment.ofArray(bytes);
    if (bytes.length < OPTIONS
        || Wire.u32(segment, COOKIE) != MAGIC
        || Wire.u8(segment, HARDWARE_TYPE) != ETHERNET
        || Wire.u8(segment, HARDWARE_LENGTH) != MacAddress.LENGTH) {
      return Optional.empty();
    }
    int operation = Wire.u8(segment, OPERATION);
    if (operation != REQUEST_OPERATION && operation != REPLY_OPERATION) {
      return Optional.empty();
    }
    return options(segment)
        .map(
            options ->
                new DhcpMessage(
                    operation == REPLY_OPERATION,
                    Wire.u32(segment, TRANSACTION),
                    Wire.address(segment, CLIENT_ADDRESS),
                    Wire.address(segment, YOUR_ADDRESS),
                    Wire.mac(segment, CLIENT_HARDWARE),
                    options));
  }

  /** An option that comes in pieces is joined (RFC 3396). The end may be missing. */
  private static Optional<Map<Integer, byte[]>> options(MemorySegment segment) {
    Map<Integer, byte[]> options = new LinkedHashMap<>();
    long offset = OPTIONS;
    while (offset < segment.byteSize()) {
      int code = Wire.u8(segment, offset++);
      if (code == END) {
        break;
      }
      if (code == PAD) {
        continue;
      }
      if (offset == segment.byteSize()) {
        return Optional.empty();
      }
      int length = Wire.u8(segment, offset++);
      if (length > segment.byteSize() - offset) {
        return Optional.empty();
      }
      byte[] value =
          segment.asSlice(offset, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      options.merge(code, value, DhcpMessage::join);
      offset += length;
    }
    return Optional.of(options);
  }

  private static byte[] join(byte[] first, byte[] second) {
    var joined = new ByteArrayOutputStream();
    joined.writeBytes(first);
    joined.writeBytes(second);
    return joined.toByteArray();
  }

  /** The bytes of the message. */
  byte[] encode() {
    byte[] header = new byte[OPTIONS];
    MemorySegment segment = MemorySegment.ofArray(header);
    Wire.u8(segment, OPERATION, fromServer ? REPLY_OPERATION : REQUEST_OPERATION);
    Wire.u8(segment, HARDWARE_TYPE, ETHERNET);
    Wire.u8(segment, HARDWARE_LENGTH, MacAddress.LENGTH);
    Wire.u32(segment, TRANSACTION, transaction);
    Wire.address(segment, CLIENT_ADDRESS, clientAddress);
    Wire.address(segment, YOUR_ADDRESS, yourAddress);
    Wire.mac(segment, CLIENT_HARDWARE, client);
    Wire.u32(segment, COOKIE, MAGIC);
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(header);
    options.forEach(
        (code, value) -> {
          if (value.length > LONGEST_OPTION) {
            throw new IllegalArgumentException(
                "DHCP option %d of %d bytes: at most %d"
                    .formatted(code, value.length, LONGEST_OPTION));
          }
          bytes.write(code);
          bytes.write(value.length);
          bytes.writeBytes(value);
        });
    bytes.write(END);
    while (bytes.size() < SHORTEST) {
      bytes.write(PAD);
    }
    return bytes.toByteArray();
  }

  /** The message's type, or 0 where it has none. */
  int type() {
    byte[] value = options.get(TYPE);
    return value == null || value.length != 1 ? 0 : value[0];
  }

  /** The addresses of an option; none where it is missing or no list of addresses. */
  List<Ipv4Address> addresses(int option) {
    byte[] value = options.get(option);
    List<Ipv4Address> addresses = new ArrayList<>();
    if (value != null && value.length % Integer.BYTES == 0) {
      MemorySegment segment = MemorySegment.ofArray(value);
      for (int offset = 0; offset < value.length; offset += Integer.BYTES) {
        addresses.add(Wire.address(segment, offset));
      }
    }
    return addresses;
  }

  /** The address of an option that has one. */
  Optional<Ipv4Address> address(int option) {
    return addresses(option).stream().findFirst();
  }

  /** A time in seconds. */
  Optional<Duration> seconds(int option) {
    byte[] value = options.get(option);
    return value == null || value.length != Integer.BYTES
        ? Optional.empty()
        : Optional.of(
            Duration.ofSeconds(Integer.toUnsignedLong(Wire.u32(MemorySegment.ofArray(value), 0))));
  }

  /** The value of an option that is an address. */
  static byte[] value(Ipv4Address address) {
    byte[] value = new byte[Integer.BYTES];
    Wire.address(MemorySegment.ofArray(value), 0, address);
    return value;
  }
}
