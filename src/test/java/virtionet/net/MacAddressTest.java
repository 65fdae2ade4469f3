package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {
  @Test
  void textAndBytesAgree() {
    var mac = MacAddress.parse("52:54:00:12:34:56");
    assertArrayEquals(new byte[] {0x52, 0x54, 0, 0x12, 0x34, 0x56}, mac.toBytes());
    assertEquals(mac, MacAddress.of(new byte[] {7, 0x52, 0x54, 0, 0x12, 0x34, 0x56}, 1));
    assertEquals("52:54:00:12:34:56", mac.toString());
    assertEquals(mac, MacAddress.parse("52-54-00-12-34-56"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "52:54:00:12:34", "52:54:00:12:34:5g", "52:54:00:12:34:56:78", "525400123456"})
  void malformedTextIsRefusedWithAnExample(String text) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> MacAddress.parse(text));
    assertTrue(String.valueOf(refusal.getMessage()).contains("52:54:00:12:34:56"));
  }

  @Test
  void aRandomAddressIsALocalOneForAStation() {
    var random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      MacAddress mac = MacAddress.randomLocal(random);
      assertTrue(mac.isLocallyAdministered());
      assertTrue(mac.isUsable());
    }
  }

  @Test
  void groupsAndZeroAreOfNoUseToAStation() {
    assertFalse(MacAddress.BROADCAST.isUsable());
    assertFalse(MacAddress.parse("01:00:5e:00:00:01").isUsable());
    assertFalse(new MacAddress(0).isUsable());
  }

  @Test
  void moreThan48BitsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new MacAddress(1L << 48));
  }
}
