package virtionet.cluster;

import akka.NotUsed;
import akka.stream.javadsl.Flow;
import java.util.Objects;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/**
 * A network device of another node, connected to this one.
 *
 * @param node where the device is, as {@code akka://app@10.0.0.1:25520}
 * @param name the device's name there
 * @param mac the address that frames from here should bear as their source, when it connected
 * @param mtu the most bytes that a frame may carry after its Ethernet header, when it connected
 * @param frames frames in are sent, received ones come out: to be run once, within 30 s, and by
 *     this node
 */
public record RemoteDevice(
    String node, String name, MacAddress mac, int mtu, Flow<Frame, Frame, NotUsed> frames) {
  public RemoteDevice {
    Objects.requireNonNull(node, "node");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(frames, "frames");
  }

  @Override
  public String toString() {
    return "%s at %s, MAC %s, MTU %d".formatted(name, node, mac, mtu);
  }
}
