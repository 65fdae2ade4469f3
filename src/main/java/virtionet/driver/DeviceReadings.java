package virtionet.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import virtionet.net.BufferBalance;
import virtionet.net.Gauge;
import virtionet.net.NetDevice;
import virtionet.net.Reading;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;

/**
 * Reads all that is known of a device in numbers. Any thread: what the queues' owners have is
 * looked at from outside and may be a moment old, but each number is one that was true.
 */
final class DeviceReadings {
  private static final String RECEIVE = "receive";
  private static final String TRANSMIT = "transmit";

  private final List<Reading> readings = new ArrayList<>();

  private DeviceReadings() {}

  /**
   * @param up empty while it is down
   */
  static List<Reading> of(DeviceHandle handle, Optional<NetDevice> up, List<Client> clients) {
    var all = new DeviceReadings();
    handle.counters().forEach((counter, value) -> all.add(Reading.of(counter, value)));
    all.add(Gauge.DEVICE_UP.reads(up.isPresent() ? 1 : 0));
    all.add(Gauge.LINK_UP.reads(handle.events().link().up() ? 1 : 0));
    all.add(Gauge.CLIENTS.reads(clients.size()));
    up.ifPresent(all::addRings);
    all.addHandOffs(RECEIVE, clients, Client::receive);
    all.addHandOffs(TRANSMIT, clients, Client::transmit);
    all.addBuffers(handle.buffers());
    return List.copyOf(all.readings);
  }

  private void add(Reading reading) {
    readings.add(reading);
  }

  private void addRings(NetDevice device) {
    add(Gauge.QUEUE_PAIRS.reads(device.enabledPairs()));
    List<ReceiveQueue> receive = device.receiveQueues();
    for (int pair = 0; pair < receive.size(); pair++) {
      addRing(
          RingPicture.receiveName(pair), receive.get(pair).posted(), receive.get(pair).capacity());
    }
    List<TransmitQueue> transmit = device.transmitQueues();
    for (int pair = 0; pair < transmit.size(); pair++) {
      addRing(
          RingPicture.transmitName(pair),
          transmit.get(pair).inFlight(),
          transmit.get(pair).capacity());
    }
  }

  private void addRing(String queue, int buffers, int size) {
    add(Gauge.RING_BUFFERS.reads(queue, buffers));
    add(Gauge.RING_SIZE.reads(queue, size));
  }

  private void addHandOffs(
      String direction, List<Client> clients, Function<Client, HandOff> handOff) {
    add(Gauge.HANDOFF_FRAMES.reads(direction, sum(clients, handOff, HandOff::size)));
    add(Gauge.HANDOFF_CAPACITY.reads(direction, sum(clients, handOff, HandOff::capacity)));
  }

  private static long sum(
      List<Client> clients, Function<Client, HandOff> handOff, ToIntFunction<HandOff> of) {
    return clients.stream().map(handOff).mapToLong(of::applyAsInt).sum();
  }

  private void addBuffers(BufferBalance balance) {
    add(Gauge.BUFFERS.reads("free", balance.free()));
    add(Gauge.BUFFERS.reads("posted", balance.posted()));
    add(Gauge.BUFFERS.reads("in_flight", balance.inFlight()));
    add(Gauge.BUFFERS.reads("lent", balance.lent()));
    add(Gauge.BUFFERS.reads("quarantined", balance.quarantined()));
  }
}
