package virtionet.cluster;

import akka.actor.typed.ActorSystem;
import akka.util.ByteString;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Lease;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.Patience;

/**
 * A JVM without a device: gets a lease and pings through the device of the node that its argument
 * names, and then goes on for ever.
 */
public final class StationOnAnotherNode {
  private static final Duration TIMEOUT = Duration.ofSeconds(Patience.SECONDS);
  private static final int PINGS = 20;
  private static final int AT_ONCE = 16;

  private StationOnAnotherNode() {}

  public static void main(String[] arguments) {
    ActorSystem<Void> system = Nodes.start("app");
    Nodes.join(system, arguments[0]);
    RemoteDevice device = Patience.answer(RemoteEthernet.connect(system, TIMEOUT));
    System.out.println("connected to " + device);
    TcpIp stack =
        TcpIp.start(system, device.frames(), TcpIpSettings.of(device.mac(), device.mtu()));
    Lease lease = Patience.answer(stack.dhcp());
    System.out.println("lease " + lease.face());
    for (int i = 0; i < PINGS; i++) {
      Patience.answer(ping(stack, i * 70));
    }
    System.out.println(PINGS + " pings answered");
    for (int i = 0; i < AT_ONCE; i++) {
      pingForEver(stack, 1_400 + i);
    }
  }

  private static CompletionStage<PingReply> ping(TcpIp stack, int length) {
    return stack.ping(
        Ipv4Address.parse("10.0.2.2"), ByteString.fromArray(new byte[length]), TIMEOUT);
  }

  private static void pingForEver(TcpIp stack, int length) {
    ping(stack, length).thenRun(() -> pingForEver(stack, length));
  }
}
