package virtionet.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import virtionet.tcpip.Ipv4Address;

/**
 * Reads an address of one station, like 10.0.2.2; names are refused, since the host's resolver has
 * no part here.
 */
final class Ipv4Literal implements ITypeConverter<Ipv4Address> {
  @Override
  public Ipv4Address convert(String value) {
    Ipv4Address address = parse(value);
    if (address.isAny() || address.isBroadcast() || address.isMulticast() || address.isLoopback()) {
      throw new TypeConversionException(
          "'" + value + "' is no address of one station on a link, like 10.0.2.2");
    }
    return address;
  }

  private static Ipv4Address parse(String value) {
    try {
      return Ipv4Address.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'" + value + "' is no IPv4 address like 10.0.2.2");
    }
  }
}
