package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import virtionet.net.MacAddress;
import virtionet.testing.DriverOnModel;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.VirtioNetExtension;

// docs/testkit.md: from here
@ExtendWith(VirtioNetExtension.class)
class EchoResponderWithJUnitTest {
  private static final String OURS = "525400123456" + "0a630002"; // 10.99.0.2
  private static final String PEERS = "020000000001" + "0a630001";

  @Test
  void whoAsksForOurAddressIsToldOurStation(DriverOnModel driver, NetDeviceModel card) {
    var responder = new EchoResponder(MacAddress.parse("52:54:00:12:34:56"), 0x0a63_0002);
    DriverOnModel.await(driver.net().flow().join(responder.flow()).run(driver.system()));

    String whoHas = "000108000604" + "0001" + PEERS + "000000000000" + "0a630002";
    card.receive(HexFormat.of().parseHex("ffffffffffff" + "020000000001" + "0806" + whoHas));
    List<byte[]> answers = new ArrayList<>();
    DriverOnModel.until("an answer", () -> answers.addAll(card.takeTransmitted()));
    assertEquals(
        "000108000604" + "0002" + OURS + PEERS,
        HexFormat.of().formatHex(answers.getFirst(), 14, 42));
  }
}
// docs/testkit.md: to here
