package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.Device;
import virtionet.machine.qemu.QemuOptions;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.NetFeature;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.Variant;

/** Two queue pairs between the driver and the network stack of Linux. */
@RequiresQemu
@RequiresTap
class QueuePairsOnQemuTest {
  private static final int FLOWS = 24;
  private static final int FIRST_PORT = 20_000;

  private static TapNamespace tap() throws IOException {
    return TapNamespace.create("mode", "tap", "multi_queue");
  }

  private static QemuOptions options(TapNamespace tap) throws IOException {
    return tap.apply(Variant.RISCV64_MODERN.options())
        .withNetdevs(
            "tap,id=net0,ifname=%s,script=no,downscript=no,queues=2".formatted(TapNamespace.TAP))
        .withDevices("virtio-net-device,netdev=net0,mq=on");
  }

  private static Device.Up device(DriverOnQemu driver) {
    return (Device.Up) Patience.answer(driver.net().devices()).getFirst();
  }

  /** Answers each datagram, until it is closed. */
  private static void echo(DatagramSocket socket) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              var packet = new DatagramPacket(new byte[1500], 1500);
              try {
                while (true) {
                  socket.receive(packet);
                  socket.send(packet);
                }
              } catch (SocketException closed) {
                // The test is over.
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
  }

  private static DatagramSocket socket(TapNamespace tap) throws Exception {
    return tap.inside(() -> new DatagramSocket(0, InetAddress.getByName(TapNamespace.LINUX_V4)));
  }

  /** A datagram of the flow of that port. */
  private static Frame datagram(MacAddress own, int port, int toPort) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(14 + 20 + 8 + 18);
    frame.put(TapNamespace.LINUX_MAC.toBytes()).put(own.toBytes()).putShort((short) 0x0800);
    frame.putShort((short) 0x4500).putShort((short) (20 + 8 + 18)).putInt(0);
    frame.putShort((short) (64 << 8 | 17)).putShort((short) 0);
    frame.put(InetAddress.getByName(TapNamespace.OURS_V4).getAddress());
    frame.put(InetAddress.getByName(TapNamespace.LINUX_V4).getAddress());
    int sum = 0;
    for (int at = 14; at < 34; at += 2) {
      sum += frame.getShort(at) & 0xffff;
    }
    frame.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16)));
    frame.putShort((short) port).putShort((short) toPort).putShort((short) (8 + 18));
    return Frame.wrap(frame.array());
  }

  private static int portOf(Frame answer) {
    return ByteBuffer.wrap(answer.toByteArray()).getShort(36) & 0xffff;
  }

  /** Sends one datagram of each flow and collects the answers' flows. */
  private static Set<Integer> roundTrips(
      FrameStation station, int first, int flows, DatagramSocket linux) throws Exception {
    for (int flow = 0; flow < flows; flow++) {
      station.send(datagram(station.connection().mac(), first + flow, linux.getLocalPort()));
    }
    Set<Integer> answered = new TreeSet<>();
    while (answered.size() < flows) {
      Frame frame = station.receive();
      ByteBuffer bytes = ByteBuffer.wrap(frame.toByteArray());
      boolean udp = bytes.getShort(12) == 0x0800 && bytes.get(23) == 17;
      if (udp && (bytes.getShort(34) & 0xffff) == linux.getLocalPort()) {
        answered.add(portOf(frame));
      }
    }
    return answered;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachFlowIsAnsweredWhicheverPairItIsOnAndPairsComeAndGo(boolean packed) throws Exception {
    try (var tap = tap();
        var linux = socket(tap);
        var driver =
            DriverOnQemu.start(
                options(tap)
                    .withDevices(
                        "virtio-net-device,netdev=net0,mq=on,packed=" + (packed ? "on" : "off")),
                "queue-pairs = 2")) {
      echo(linux);
      assertTrue(device(driver).device().info().features().accepted(NetFeature.MQ));
      try (var station = FrameStation.connect(driver)) {
        tap.awaitUp();
        tap.neighbour(station.connection().mac().toString());
        assertEquals(FLOWS, roundTrips(station, FIRST_PORT, FLOWS, linux).size());
        Patience.answer(station.connection().control().queuePairs(1));
        assertEquals(FLOWS, roundTrips(station, FIRST_PORT + 100, FLOWS, linux).size());
        Patience.answer(station.connection().control().queuePairs(2));
        assertEquals(FLOWS, roundTrips(station, FIRST_PORT + 200, FLOWS, linux).size());
      }
    }
  }

  @Test
  void aClientOnAPairGetsTheAnswersOfItsOwnFlowsAndNoOthers() throws Exception {
    try (var tap = tap();
        var linux = socket(tap);
        var driver = DriverOnQemu.start(options(tap), "queue-pairs = 2")) {
      echo(linux);
      String name = device(driver).device().info().name();
      try (var first = FrameStation.connect(driver, driver.net().flow(name, 0));
          var second = FrameStation.connect(driver, driver.net().flow(name, 1))) {
        tap.awaitUp();
        tap.neighbour(first.connection().mac().toString());
        // The device learns a flow's pair from what is sent on it.
        Set<Integer> onFirst = roundTrips(first, FIRST_PORT, FLOWS, linux);
        Set<Integer> onSecond = roundTrips(second, FIRST_PORT + 100, FLOWS, linux);
        assertEquals(FIRST_PORT, onFirst.iterator().next());
        assertEquals(FIRST_PORT + 100, onSecond.iterator().next());
        assertEquals(FLOWS, onFirst.size());
        assertEquals(FLOWS, onSecond.size());
      }
      var refusal =
          Patience.failure(
              ConnectionRefusedException.class,
              Source.<Frame>maybe()
                  .viaMat(driver.net().flow(name, 2), Keep.right())
                  .to(Sink.ignore())
                  .run(driver.system()));
      assertTrue(refusal.contains("no queue pair 2"), refusal);
    }
  }
}
