package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables as the kernel prints them. */
class RoutesTest {
  private static final String IPV4 =
      """
      Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT      \s
      eth0\t00000000\t0202000A\t0003\t0\t0\t100\t00000000\t0\t0\t0                             \s
      eth1\t0002000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0                             \s
      eth2\t00000000\t00000000\t0001\t0\t0\t100\t00000080\t0\t0\t0                             \s
      """;
  private static final String IPV6 =
      """
      fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1
      00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth6
      00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
      00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
      """;

  @TempDir private Path folder;
  private FakeSystem system;

  @BeforeEach
  void tables() {
    system = new FakeSystem(folder);
    system.put("proc/net/route", IPV4);
    system.put("proc/net/ipv6_route", IPV6);
  }

  private boolean carriesDefault(String networkInterface) {
    return Routes.carriesDefault(system.paths(), networkInterface);
  }

  @Test
  void onlyTheRouteToEverywhereCounts() {
    assertTrue(carriesDefault("eth0"));
    assertFalse(carriesDefault("eth1"), "its own network's");
    assertFalse(carriesDefault("eth2"), "one half of everything");
    assertFalse(carriesDefault("eth"), "part of a name");
    assertFalse(carriesDefault("Iface"));
  }

  @Test
  void thatOfIpv6CountsAsWell() {
    assertTrue(carriesDefault("eth6"));
  }

  @Test
  void thePortOfABridgeCarriesWhatTheBridgeDoes() {
    system.put("sys/class/net/eth1/upper_br0/ifindex", "7");
    system.put("sys/class/net/eth1/upper_vlan/ifindex", "8");
    assertFalse(carriesDefault("eth1"));
    system.put("proc/net/route", IPV4.replace("eth0", "br0"));
    assertTrue(carriesDefault("eth1"));
  }

  @Test
  void aSystemWithoutTablesHasNoDefaultRoute() {
    system.delete(system.path("proc/net"));
    assertFalse(carriesDefault("eth0"));
  }
}
