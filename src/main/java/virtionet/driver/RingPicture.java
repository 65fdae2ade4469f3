package virtionet.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import virtionet.net.NetDevice;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;

/**
 * A ring as it stands, for people.
 *
 * @param queue its name in the specification (VirtIO 1.3 §5.1.2)
 * @param slots a character for each, as {@link virtionet.virtio.Virtqueue#slots} says
 */
public record RingPicture(String queue, String slots) {
  public RingPicture {
    Objects.requireNonNull(queue, "queue");
    Objects.requireNonNull(slots, "slots");
  }

  /** Those of a device, pair by pair. */
  static List<RingPicture> of(NetDevice device) {
    List<RingPicture> rings = new ArrayList<>();
    List<ReceiveQueue> receive = device.receiveQueues();
    List<TransmitQueue> transmit = device.transmitQueues();
    for (int pair = 0; pair < receive.size(); pair++) {
      rings.add(new RingPicture(receiveName(pair), receive.get(pair).slots()));
      rings.add(new RingPicture(transmitName(pair), transmit.get(pair).slots()));
    }
    return List.copyOf(rings);
  }

  static String receiveName(int pair) {
    return "receiveq" + (pair + 1);
  }

  static String transmitName(int pair) {
    return "transmitq" + (pair + 1);
  }
}
