package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitRingLayoutTest {
  @Test
  void theLegacyLayoutOf256IsWhatTheSpecificationsFormulaGives() {
    // VirtIO 1.3 §2.7.2: ALIGN(16·256 + 2·(3 + 256)) + ALIGN(6 + 8·256), pages of 4096.
    var layout = new SplitRingLayout(256, 4096);
    assertEquals(4096, layout.driverArea());
    assertEquals(8192, layout.deviceArea());
    assertEquals(12288, layout.bytes());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 64, 1024, 32768})
  void eachPartIsAlignedAndNoneOverlaps(int size) {
    var layout = new SplitRingLayout(size, 64);
    assertEquals(16 * size, layout.driverArea());
    assertEquals(0, layout.driverArea() % 2);
    assertEquals(0, layout.deviceArea() % 64);
    assertTrue(layout.deviceArea() >= layout.driverArea() + 6 + 2 * size);
    assertTrue(layout.bytes() >= layout.deviceArea() + 6 + 8 * size);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3, 100, 65536, Integer.MIN_VALUE})
  void aSizeThatNoSplitQueueHasIsRefused(int size) {
    assertThrows(IllegalArgumentException.class, () -> new SplitRingLayout(size, 64));
  }
}
