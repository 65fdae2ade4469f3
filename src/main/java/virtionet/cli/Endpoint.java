package virtionet.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where something listens.
 *
 * @param port from 0 to 65535
 */
record Endpoint(String host, int port) {
  private static final int LAST_PORT = 0xffff;

  Endpoint {
    Objects.requireNonNull(host, "host");
  }

  /** Its address, looked up where the host is a name. */
  InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }

  /** As it stands in a URL. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }

  private static Endpoint parse(String text, int firstPort) {
    int colon = text.lastIndexOf(':');
    String host =
        colon < 0 ? InetAddress.getLoopbackAddress().getHostAddress() : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (!host.isEmpty() && port >= firstPort && port <= LAST_PORT) {
        return new Endpoint(host, port);
      }
    } catch (NumberFormatException e) {
      // Said below, as for a port out of range.
    }
    throw new TypeConversionException(
        "'%s' is no port from %d to %d, nor an address and one, such as 127.0.0.1:9464"
            .formatted(text, firstPort, LAST_PORT));
  }

  /** Reads {@code 9464}, {@code 0.0.0.0:9464} or {@code [::1]:9464}. */
  static final class ToListenAt implements ITypeConverter<Endpoint> {
    @Override
    public Endpoint convert(String text) {
      return parse(text, 0);
    }
  }

  /** The same of somebody who listens already: on a port of which he has told. */
  static final class ToAsk implements ITypeConverter<Endpoint> {
    @Override
    public Endpoint convert(String text) {
      return parse(text, 1);
    }
  }
}
