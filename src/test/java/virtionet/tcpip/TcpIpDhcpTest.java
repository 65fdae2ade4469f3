package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static virtionet.tcpip.TwoHosts.await;

import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Sink;
import akka.util.ByteString;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A stack that gets its address from a DHCP server, which stands on another one's sockets. */
class TcpIpDhcpTest {
  /** Half of it is what a busy machine has to prolong it. */
  private static final int SECONDS = 4;

  private final TwoHosts hosts = new TwoHosts();

  @AfterEach
  void stop() {
    hosts.close();
  }

  /** Lends one address to whoever asks. */
  private void serve(TcpIp stack) {
    Flow<Datagram, Datagram, ?> server =
        Flow.of(Datagram.class)
            .map(
                datagram -> {
                  DhcpMessage asked =
                      DhcpMessage.decode(datagram.data().toArrayUnsafe()).orElseThrow();
                  int type =
                      asked.type() == DhcpMessage.DISCOVER
                          ? DhcpMessage.OFFER
                          : DhcpMessage.ACKNOWLEDGE;
                  DhcpMessages answer =
                      DhcpMessages.of(type)
                          .seconds(DhcpMessage.LEASE_TIME, SECONDS)
                          .answering(asked);
                  return Datagram.of(Ipv4Address.BROADCAST, DhcpClient.CLIENT_PORT, answer.bytes());
                });
    await(stack.udp(DhcpClient.SERVER_PORT).join(server).run(hosts.system));
  }

  @Test
  void aServerOnAnotherStackLendsAnAddressThatWorksAndIsProlonged() {
    var pair = hosts.joined(hosts.settings(1), hosts.settings(2));
    TcpIp server = pair.first();
    TcpIp client = pair.second();
    await(server.configure(Ipv4Interface.of(DhcpMessages.SERVER, 24)));
    serve(server);
    Lease lease = await(client.dhcp());
    assertEquals(DhcpMessages.OFFERED, lease.address());
    assertEquals(lease, await(client.dhcp()), "the same first lease");
    ByteString data = ByteString.fromString("ping");
    Duration patience = Duration.ofSeconds(30);
    assertEquals(
        DhcpMessages.SERVER, await(client.ping(DhcpMessages.SERVER, data, patience)).from());
    assertEquals(
        DhcpMessages.OFFERED, await(server.ping(DhcpMessages.OFFERED, data, patience)).from());
    List<LeaseEvent> prolonged =
        await(client.leaseEvents().take(2).runWith(Sink.seq(), hosts.system));
    for (LeaseEvent event : prolonged) {
      assertEquals(lease, assertInstanceOf(LeaseEvent.Renewed.class, event).lease());
    }
  }
}
