package virtionet.examples;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.util.ByteString;
import java.time.Duration;
import virtionet.cluster.RemoteEthernet;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;

/** The example of docs/cluster.md: pings through the device of another node. */
public final class RemotePing {
  private RemotePing() {}

  public static void main(String[] arguments) {
    // docs/cluster.md: from here
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "app");
    Duration patience = Duration.ofSeconds(30);
    RemoteEthernet.connect(system, patience)
        .thenCompose(
            device -> {
              System.out.println(device);
              var settings = TcpIpSettings.of(device.mac(), device.mtu());
              TcpIp stack = TcpIp.start(system, device.frames(), settings);
              Ipv4Address gateway = Ipv4Address.parse("10.0.2.2");
              return stack
                  .dhcp()
                  .thenCompose(
                      lease -> stack.ping(gateway, ByteString.emptyByteString(), patience));
            })
        .whenComplete(
            (reply, failure) -> {
              System.out.println(failure == null ? "10.0.2.2 answers" : failure);
              system.terminate(); // leaves the cluster, and with it the device
            });
    // docs/cluster.md: to here
  }
}
