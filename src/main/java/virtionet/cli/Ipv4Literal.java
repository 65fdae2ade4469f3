package virtionet.cli;

import java.net.Inet4Address;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads an address like 10.0.2.2; names are refused, since the host's resolver has no part here.
 */
final class Ipv4Literal implements ITypeConverter<Inet4Address> {
  @Override
  public Inet4Address convert(String value) {
    try {
      return Inet4Address.ofLiteral(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'" + value + "' is no IPv4 address like 10.0.2.2");
    }
  }
}
