package virtionet.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContiguousMemoryTest {
  private static final int SIZE = 1 << 16;

  /** Not aligned to more than 16 itself: alignment has to be the device's, not the block's. */
  private static final long BASE = 0x8000_0010L;

  private final MemorySegment block = Arena.ofAuto().allocate(SIZE, 4096);
  private final ContiguousMemory memory = new ContiguousMemory(block, BASE);

  @Test
  void theFirstPieceThatIsLargeEnoughIsTaken() {
    DeviceRegion first = memory.allocate(100, 1);
    DeviceRegion second = memory.allocate(200, 1);
    memory.allocate(300, 1);
    first.free();
    second.free();
    assertEquals(BASE, memory.allocate(250, 1).deviceAddress());
    assertEquals(BASE + 250, memory.allocate(50, 1).deviceAddress());
    assertEquals(BASE + 600, memory.allocate(1, 1).deviceAddress());
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 2", "0, 2, 1", "1, 0, 2", "1, 2, 0", "2, 0, 1", "2, 1, 0"})
  void neighboursAreMergedInWhateverOrderTheyAreFreed(int first, int second, int third) {
    List<DeviceRegion> regions = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      regions.add(memory.allocate(i < 2 ? 1000 : SIZE - 2000, 1));
    }
    for (int which : new int[] {first, second, third}) {
      regions.get(which).free();
    }
    assertEquals(BASE, memory.allocate(SIZE, 1).deviceAddress());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 16, 64, 4096})
  void theAddressThatTheDeviceSeesIsAligned(long alignment) {
    memory.allocate(1, 1);
    DeviceRegion region = memory.allocate(10, alignment);
    assertEquals(0, region.deviceAddress() % alignment);
    region.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
    assertEquals(7, block.get(ValueLayout.JAVA_BYTE, region.deviceAddress() - BASE));
    assertEquals(SIZE - 11, memory.available(), "what alignment skips is still to be had");
  }

  @Test
  void aRegionIsZeroedHoweverItWasLeft() {
    DeviceRegion region = memory.allocate(SIZE, 1);
    region.segment().fill((byte) 0x5a);
    region.free();
    assertEquals(
        -1, memory.allocate(SIZE, 1).segment().mismatch(MemorySegment.ofArray(new byte[SIZE])));
  }

  @Test
  void aRegionEndsOnce() {
    DeviceRegion freed = memory.allocate(10, 1);
    DeviceRegion withdrawn = memory.allocate(10, 1);
    freed.free();
    withdrawn.quarantine();
    for (DeviceRegion region : List.of(freed, withdrawn)) {
      assertThrows(IllegalStateException.class, region::free);
      assertThrows(IllegalStateException.class, region::quarantine);
    }
    assertEquals(SIZE - 10, memory.available());
    assertEquals(10, memory.quarantined());
  }

  @Test
  void withdrawnMemoryIsGivenBackOnceWhenThatIsSaid() {
    DeviceRegion region = memory.allocate(SIZE, 1);
    assertThrows(IllegalStateException.class, region::release);
    region.quarantine();
    region.release();
    assertEquals(0, memory.quarantined());
    assertEquals(SIZE, memory.available());
    assertThrows(IllegalStateException.class, region::release);
    assertThrows(IllegalStateException.class, region::free);
    DeviceRegion freed = memory.allocate(SIZE, 1);
    freed.free();
    assertThrows(IllegalStateException.class, freed::release);
  }

  @Test
  void withdrawnMemoryIsNeverGivenOutAgain() {
    memory.allocate(SIZE / 2, 1).quarantine();
    assertEquals(SIZE / 2, memory.quarantined());
    assertEquals(SIZE / 2, memory.available());
    assertEquals(BASE + SIZE / 2, memory.allocate(SIZE / 2, 1).deviceAddress());
    assertThrows(MachineException.class, () -> memory.allocate(1, 1));
  }

  @Test
  void exhaustionIsToldWithNumbersAndARemedy() {
    memory.allocate(SIZE - 100, 1);
    var full = assertThrows(MachineException.class, () -> memory.allocate(101, 1));
    String message = String.valueOf(full.getMessage());
    assertTrue(message.contains("no 101 bytes"), message);
    assertTrue(message.contains("100 of 65536 bytes are free"), message);
    assertTrue(message.contains("smaller queues or buffers"), message);
    assertEquals(100, memory.allocate(100, 1).segment().byteSize());
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "-1, 1", "1, 0", "1, 3", "1, -8"})
  void whatMakesNoSenseIsRefused(long bytes, long alignment) {
    assertThrows(IllegalArgumentException.class, () -> memory.allocate(bytes, alignment));
    assertEquals(SIZE, memory.available());
  }

  /** Each byte is free, held by one region, or withdrawn; whatever happens. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noByteIsLostOrGivenOutTwice(long seed) {
    var random = new SplittableRandom(seed);
    List<DeviceRegion> held = new ArrayList<>();
    byte[] owners = new byte[SIZE];
    long withdrawn = 0;
    for (int step = 0; step < 20_000; step++) {
      if (held.isEmpty() || random.nextInt(100) < 52) {
        long bytes = 1L + random.nextInt(2000);
        try {
          DeviceRegion region = memory.allocate(bytes, 1L << random.nextInt(8));
          mark(owners, region, 0, 1);
          held.add(region);
        } catch (MachineException full) {
          assertTrue(SIZE - withdrawn > 0 && !held.isEmpty(), "nothing is held, yet none is free");
        }
      } else {
        DeviceRegion region = held.remove(random.nextInt(held.size()));
        if (withdrawn < SIZE / 8 && random.nextInt(200) == 0) {
          region.quarantine();
          withdrawn += region.segment().byteSize();
        } else {
          mark(owners, region, 1, 0);
          region.free();
        }
      }
      long inUse = held.stream().mapToLong(region -> region.segment().byteSize()).sum();
      assertEquals(SIZE, memory.available() + inUse + memory.quarantined());
      assertEquals(withdrawn, memory.quarantined());
    }
    held.forEach(DeviceRegion::free);
    assertEquals(SIZE - withdrawn, memory.available());
  }

  private static void mark(byte[] owners, DeviceRegion region, int from, int to) {
    int start = (int) (region.deviceAddress() - BASE);
    for (int i = start; i < start + region.segment().byteSize(); i++) {
      assertEquals(from, owners[i], "byte " + i);
      owners[i] = (byte) to;
    }
  }
}
