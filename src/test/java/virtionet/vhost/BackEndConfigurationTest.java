package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.net.MacAddress;
import virtionet.net.NetFeature;
import virtionet.testing.Patience;

/** Back-ends that show a configuration space and keep a device status, which DPDK's does not. */
@Timeout(60)
class BackEndConfigurationTest {
  private static final long CONFIG_AND_STATUS = 1 << 9 | 1 << 16;
  private static final int MAC = 1 << 5;
  private static final int MTU = 1 << 3;
  private static final int DRIVER_OK = 4;

  @TempDir private Path folder;

  @Test
  void whatABackEndSaysOfItselfCounts() throws Exception {
    Path socket = folder.resolve("vhost.sock");
    byte[] config = new byte[17];
    System.arraycopy(new byte[] {2, 0, 0, 1, 2, 3}, 0, config, 0, 6);
    config[10] = (byte) (9000 & 0xff);
    config[11] = (byte) (9000 >> 8);
    try (var backEnd =
        new FakeBackEnd(socket, UnaryOperator.identity())
            .offering(MAC | MTU, CONFIG_AND_STATUS, config)) {
      try (var station = VhostStation.connect(socket, "")) {
        assertEquals(MacAddress.parse("02:00:00:01:02:03"), station.info().mac());
        assertEquals(9000, station.info().mtu());
        assertEquals(DRIVER_OK, backEnd.status() & DRIVER_OK);
      }
      Patience.until("it is told of the reset", () -> backEnd.status() == 0);
    }
  }

  /** A feature that speaks of a field is not believed where there is no field. */
  @Test
  void withoutAConfigurationItsFeaturesAreNotOffered() throws Exception {
    Path socket = folder.resolve("vhost.sock");
    try (var _ =
            new FakeBackEnd(socket, UnaryOperator.identity()).offering(MAC | MTU, 0, new byte[0]);
        var station = VhostStation.connect(socket, "")) {
      assertEquals(1500, station.info().mtu());
      assertEquals(false, station.info().features().accepted(NetFeature.MAC));
      assertNotEquals(0, station.info().mac().bits());
    }
  }
}
