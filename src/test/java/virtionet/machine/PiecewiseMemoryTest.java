package virtionet.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several blocks as one. */
class PiecewiseMemoryTest {
  private static final long SMALL = 0x1000;
  private static final long LARGE = 0x9000_0000L;

  private final PiecewiseMemory memory =
      new PiecewiseMemory(List.of(piece(100, SMALL), piece(1000, LARGE)));

  private static ContiguousMemory piece(long bytes, long base) {
    return new ContiguousMemory(Arena.ofAuto().allocate(bytes, 4096), base);
  }

  @Test
  void aRegionLiesInTheFirstPieceWithRoom() {
    assertEquals(SMALL, memory.allocate(60, 1).deviceAddress());
    assertEquals(LARGE, memory.allocate(60, 1).deviceAddress());
    assertEquals(SMALL + 60, memory.allocate(40, 1).deviceAddress());
  }

  @Test
  void whatIsFreeAndWithdrawnIsThatOfAllPieces() {
    DeviceRegion small = memory.allocate(100, 1);
    DeviceRegion large = memory.allocate(1000, 1);
    assertEquals(0, memory.available());
    small.quarantine();
    large.free();
    assertEquals(1000, memory.available());
    assertEquals(100, memory.quarantined());
  }

  @Test
  void noRegionSpansTwoPieces() {
    var failure = assertThrows(MachineException.class, () -> memory.allocate(1001, 1));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("1100 bytes are free, in 2 piece(s)"),
        failure::toString);
  }

  @Test
  void memoryOfNoPiecesIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new PiecewiseMemory(List.of()));
  }
}
