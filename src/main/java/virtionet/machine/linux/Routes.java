package virtionet.machine.linux;

/** Which interface the system's traffic to everywhere takes. */
final class Routes {
  private static final String ANY_IPV4 = "00000000";
  private static final String ANY_IPV6 = "0".repeat(32);

  private Routes() {}

  static boolean carriesDefault(LinuxPaths paths, String networkInterface) {
    return carriesDefault4(paths, networkInterface) || carriesDefault6(paths, networkInterface);
  }

  /** Columns: interface, destination, …, mask as the eighth. */
  private static boolean carriesDefault4(LinuxPaths paths, String networkInterface) {
    return PlatformDevice.read(paths.proc("net/route"))
        .orElse("")
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .anyMatch(
            fields ->
                fields.length >= 8
                    && fields[0].equals(networkInterface)
                    && fields[1].equals(ANY_IPV4)
                    && fields[7].equals(ANY_IPV4));
  }

  /** Columns: destination, prefix length, …, interface as the last. */
  private static boolean carriesDefault6(LinuxPaths paths, String networkInterface) {
    return PlatformDevice.read(paths.proc("net/ipv6_route"))
        .orElse("")
        .lines()
        .map(line -> line.strip().split("\\s+"))
        .anyMatch(
            fields ->
                fields.length >= 10
                    && fields[0].equals(ANY_IPV6)
                    && fields[1].equals("00")
                    && fields[9].equals(networkInterface));
  }
}
