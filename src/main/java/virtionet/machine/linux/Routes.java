package virtionet.machine.linux;

/** Which interface the system's traffic to everywhere takes. */
final class Routes {
  private static final String ANY_IPV4 = "00000000";
  private static final String ANY_IPV6 = "0".repeat(32);

  /** How the kernel names its links to those that stand on an interface. */
  private static final String UPPER = "upper_";

  private Routes() {}

  /** Also when what stands on this interface does, such as a bridge or a VLAN. */
  static boolean carriesDefault(LinuxPaths paths, String networkInterface) {
    return carriesDefault4(paths, networkInterface)
        || carriesDefault6(paths, networkInterface)
        || PlatformDevice.entries(paths.sys("class/net/" + networkInterface)).stream()
            .map(entry -> entry.getFileName().toString())
            .filter(entry -> entry.startsWith(UPPER))
            .anyMatch(entry -> carriesDefault(paths, entry.substring(UPPER.length())));
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
