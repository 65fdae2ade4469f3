package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.net.NetFeature;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** Rules of commands that no device ever gets: the driver accepts no control queue. */
class NoControlQueueTest {
  @Test
  @Requirement({
    "CVQMAC-LEG-01",
    "CVQVLAN-LEG-01",
    "CVQMQ-LEG-01",
    "CVQOFF-LEG-01",
    "NETFRM-LEG-02",
    "NETFRM-LEG-03",
    "NETFRM-LEG-04",
    "NETFRM-LEG-05"
  })
  void aLegacyDevicesControlQueueIsNotAcceptedAndNotSetUp() {
    try (Card card = Card.up(ModelSettings.legacy().offering(0xffff_ffffL))) {
      assertEquals(false, NetFeature.CTRL_VQ.in(card.model().driverFeatures()));
      assertEquals(List.of(0, 1), card.log().written(0x030).stream().distinct().toList());
      card.traffic(1);
    }
  }
}
