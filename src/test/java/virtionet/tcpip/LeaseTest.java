package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server grants, and what of it can be used. */
class LeaseTest {
  private static Optional<Lease> of(DhcpMessages message) {
    return Lease.of(message.message());
  }

  private static DhcpMessages offer() {
    return DhcpMessages.of(DhcpMessage.OFFER);
  }

  @Test
  void aWholeOfferIsALease() {
    Lease lease =
        of(offer()
                .option(DhcpMessage.DNS, 10, 0, 0, 3, 10, 0, 0, 4)
                .seconds(58, 300)
                .seconds(59, 800))
            .orElseThrow();
    var dns = List.of(Ipv4Address.of(10, 0, 0, 3), Ipv4Address.of(10, 0, 0, 4));
    var face = new Ipv4Interface(DhcpMessages.OFFERED, 24, Optional.of(DhcpMessages.SERVER), dns);
    assertEquals(
        new Lease(
            face,
            DhcpMessages.SERVER,
            Duration.ofSeconds(1000),
            Duration.ofSeconds(300),
            Duration.ofSeconds(800)),
        lease);
    assertEquals("10.0.0.50/24 via 10.0.0.1 from 10.0.0.1 for 1000 s", lease.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.0.255", "10.0.0.0"})
  void anAddressThatNoHostCanHaveIsNoLease(String address) {
    assertEquals(Optional.empty(), of(offer().lending(Ipv4Address.parse(address))));
  }

  @Test
  void withoutServerOrTimeThereIsNoLease() {
    assertEquals(Optional.empty(), of(offer().without(DhcpMessage.SERVER)));
    assertEquals(Optional.empty(), of(offer().without(DhcpMessage.LEASE_TIME)));
    assertEquals(Optional.empty(), of(offer().seconds(DhcpMessage.LEASE_TIME, 0)));
  }

  @ParameterizedTest
  @CsvSource({
    "255.255.255.255,32",
    "255.255.255.254,31",
    "255.0.0.0,8",
    "255.255.254.0,23",
    "0.0.0.0,8",
    "255.0.255.0,8",
    "0.255.255.255,8"
  })
  void aMaskThatIsNoneGivesWayToTheAddresssClass(String mask, int length) {
    assertEquals(
        length,
        of(offer().address(DhcpMessage.SUBNET_MASK, Ipv4Address.parse(mask)))
            .orElseThrow()
            .face()
            .prefixLength());
  }

  @ParameterizedTest
  @CsvSource({"10.1.2.3,8", "172.16.2.3,16", "192.168.2.3,24"})
  void withoutAMaskTheClassDecides(String address, int length) {
    DhcpMessages offer =
        offer().without(DhcpMessage.SUBNET_MASK).lending(Ipv4Address.parse(address));
    assertEquals(length, of(offer).orElseThrow().face().prefixLength());
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,500,875",
    "1000,0,500,875",
    "900,0,500,875",
    "0,1000,500,875",
    "0,400,200,400",
    "300,600,300,600",
    "600,300,150,300",
    "-1,-1,500,875",
    "1,2,1,2"
  })
  void timesThatMakeNoSenseGiveWayToTheUsual(int t1, int t2, int renewal, int rebinding) {
    Lease lease =
        of(offer().seconds(DhcpMessage.RENEWAL_TIME, t1).seconds(DhcpMessage.REBINDING_TIME, t2))
            .orElseThrow();
    assertEquals(Duration.ofSeconds(renewal), lease.renewal());
    assertEquals(Duration.ofSeconds(rebinding), lease.rebinding());
  }

  @Test
  void theLongestTimeIsForever() {
    Lease lease = of(offer().seconds(DhcpMessage.LEASE_TIME, -1)).orElseThrow();
    assertTrue(lease.isForever());
    assertTrue(lease.toString().endsWith("for ever"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.0.50"})
  void aRouterThatNoHostCanBeIsNoGateway(String router) {
    Lease lease = of(offer().address(DhcpMessage.ROUTER, Ipv4Address.parse(router))).orElseThrow();
    assertEquals(Optional.empty(), lease.face().gateway());
  }
}
