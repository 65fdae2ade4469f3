package virtionet.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import virtionet.tcpip.Ipv4Address;

/** A UDP echo server as it is reached through the device. */
record EchoPeer(Ipv4Address address, int port) {

  /** Reads {@code 10.0.2.2:7000}. */
  static final class Converter implements ITypeConverter<EchoPeer> {
    @Override
    public EchoPeer convert(String text) {
      int colon = text.indexOf(':');
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (colon > 0 && port > 0 && port <= 0xffff) {
          return new EchoPeer(Ipv4Address.parse(text.substring(0, colon)), port);
        }
      } catch (IllegalArgumentException e) {
        // Said below, with what would be right.
      }
      throw new TypeConversionException(
          "'%s' is no IPv4 address and port, such as 10.0.2.2:7000".formatted(text));
    }
  }

  @Override
  public String toString() {
    return "%s, port %d".formatted(address, port);
  }
}
