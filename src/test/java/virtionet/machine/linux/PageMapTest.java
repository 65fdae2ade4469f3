package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/** What the kernel tells of pages, 8 bytes each. */
class PageMapTest {
  private static final long PRESENT = 1L << 63;
  private static final long SOFT_DIRTY_AND_FILE = 3L << 60 | 1L << 55;
  private static final int PAGE = 4096;

  @TempDir private Path folder;

  private PageMap of(long... entries) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(entries.length * 8).order(ByteOrder.nativeOrder());
    for (long entry : entries) {
      bytes.putLong(entry);
    }
    return new PageMap(Files.write(folder.resolve("pagemap"), bytes.array()), PAGE);
  }

  @Test
  void theAddressIsTheFirstPagesFrame() throws Exception {
    PageMap map = of(0, 0, PRESENT | SOFT_DIRTY_AND_FILE | 0x80200, PRESENT | 0x80201);
    assertEquals(0x80200000L, map.contiguous(2 * PAGE, 2 * PAGE));
    assertEquals(0x80201000L, map.contiguous(3 * PAGE, PAGE));
  }

  @Test
  void aFrameBeyond32BitsIsNotCut() throws Exception {
    assertEquals(0x12_3456_7000L, of(PRESENT | 0x1234567).contiguous(0, PAGE));
  }

  @Test
  void hiddenFrameNumbersBringTheRemedy() throws Exception {
    PageMap map = of(PRESENT, PRESENT);
    var failure =
        assertThrows(MachineUnavailableException.class, () -> map.contiguous(0, 2 * PAGE));
    assertTrue(String.valueOf(failure.getMessage()).contains("CAP_SYS_ADMIN"), failure::toString);
  }

  @Test
  void aPageThatIsNotThereIsRefused() throws Exception {
    PageMap map = of(PRESENT | 5, 6);
    var failure = assertThrows(MachineException.class, () -> map.contiguous(0, 2 * PAGE));
    assertTrue(String.valueOf(failure.getMessage()).contains("not in memory"), failure::toString);
  }

  @Test
  void aGapBetweenFramesIsNamed() throws Exception {
    PageMap map = of(PRESENT | 0x10, PRESENT | 0x11, PRESENT | 0x13);
    var failure = assertThrows(MachineException.class, () -> map.contiguous(0, 3 * PAGE));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("page 2 has frame 0x13, not 0x12"),
        failure::toString);
  }

  @Test
  void anAddressThatIsNotInTheMapIsRefused() throws Exception {
    PageMap map = of(PRESENT | 0x10);
    assertThrows(MachineUnavailableException.class, () -> map.contiguous(PAGE, PAGE));
  }
}
