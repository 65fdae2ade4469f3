package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetFeature;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** Frames in several buffers, and where the device does not offer them. */
@RequiresQemu
class MergedBuffersTest {
  private static final int JUMBO = 9000;

  @ParameterizedTest
  @EnumSource
  void framesOfEachLengthArriveUnchangedWithoutMergedBuffers(Variant variant) throws Exception {
    var options = variant.options().withDevices("virtio-net-device,netdev=net0,mrg_rxbuf=off");
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(options.withNetdevs(wire.netdev("net0")));
        var station = driver.station()) {
      assertFalse(station.connection().features().accepted(NetFeature.MRG_RXBUF));
      int lengths = TestBytes.LONGEST - TestBytes.SHORTEST + 1;
      station.carry(wire, lengths, TestBytes.ofEachLength());
      wire.carry(station, lengths, TestBytes.ofEachLength());
    }
  }

  @ParameterizedTest
  @EnumSource
  void longFramesComeInSeveralBuffersOrInOnePieceAsTheClientAsks(Variant variant) throws Exception {
    var options = variant.options().withDevices("virtio-net-device,netdev=net0,host_mtu=" + JUMBO);
    for (String shape : new String[] {"as-given", "complete"}) {
      try (var wire = new Wire();
          var driver =
              DriverOnQemu.start(
                  options.withNetdevs(wire.netdev("net0")),
                  "buffer-size = 2 KiB",
                  "receive-queue-size = 16",
                  "received-frames = " + shape)) {
        var client = PullingClient.connect(driver);
        assertEquals(JUMBO, client.connection().mtu());
        int most = 0;
        for (int length = 1000; length <= JUMBO + 14; length += 114) {
          byte[] bytes = TestBytes.frame(length, length);
          wire.send(bytes);
          Frame frame = client.hold();
          assertArrayEquals(bytes, frame.toByteArray());
          most = Math.max(most, frame.segmentCount());
          frame.release();
        }
        assertEquals(shape.equals("as-given") ? 5 : 1, most);
        assertEquals(0, client.count(Counter.COPIED_FRAMES));
        assertTrue(client.connection().features().accepted(NetFeature.MRG_RXBUF));
      }
    }
  }
}
