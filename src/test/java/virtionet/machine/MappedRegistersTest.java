package virtionet.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mapped window, over plain memory. */
class MappedRegistersTest {
  private final MemorySegment memory = Arena.ofAuto().allocate(16, 4);
  private final MappedRegisters registers = new MappedRegisters(memory);

  private void fill(int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) bytes[i]);
    }
  }

  @Test
  void valuesAreLittleEndianAndUnsigned() {
    fill(0xf1, 0xf2, 0xf3, 0xf4);
    assertEquals(0xf1, registers.read8(0));
    assertEquals(0xf2, registers.read8(1));
    assertEquals(0xf2f1, registers.read16(0));
    assertEquals(0xf4f3, registers.read16(2));
    assertEquals(0xf4f3f2f1, registers.read32(0));
  }

  @Test
  void aWriteTouchesItsOwnBytesAlone() {
    registers.write32(4, 0x04030201);
    registers.write8(9, 0xaa);
    registers.post32(12, 0xfffefdfc);
    assertArrayEquals(
        new byte[] {0, 0, 0, 0, 1, 2, 3, 4, 0, (byte) 0xaa, 0, 0, -4, -3, -2, -1},
        memory.toArray(ValueLayout.JAVA_BYTE));
  }

  @ParameterizedTest
  @ValueSource(longs = {-4, -1, 13, 14, 15, 16, Long.MAX_VALUE, Long.MIN_VALUE})
  void anAccessThatIsNotWithinTheWindowIsRefused(long offset) {
    assertThrows(IndexOutOfBoundsException.class, () -> registers.read32(offset));
    assertThrows(IndexOutOfBoundsException.class, () -> registers.write32(offset, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> registers.post32(offset, 1));
  }

  @Test
  void theLastRegisterOfEachWidthIsWithinTheWindow() {
    registers.write32(12, 0x01020304);
    assertEquals(0x01020304, registers.read32(12));
    assertEquals(0x0102, registers.read16(14));
    assertEquals(0x01, registers.read8(15));
    assertThrows(IndexOutOfBoundsException.class, () -> registers.read8(16));
    assertThrows(IndexOutOfBoundsException.class, () -> registers.write8(16, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> registers.read16(15));
  }

  @Test
  void aMisalignedAccessIsRefusedWithItsOffset() {
    for (Executable access :
        new Executable[] {
          () -> registers.read16(1), () -> registers.read32(2), () -> registers.write32(1, 1)
        }) {
      var wrong = assertThrows(IllegalArgumentException.class, access);
      assertTrue(String.valueOf(wrong.getMessage()).contains("aligned"), wrong.getMessage());
    }
    assertArrayEquals(new byte[16], memory.toArray(ValueLayout.JAVA_BYTE));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aWindowThatIsNotAlignedIsRefused(int offset) {
    assertThrows(
        IllegalArgumentException.class, () -> new MappedRegisters(memory.asSlice(offset, 8)));
  }

  @Test
  void theWindowTellsItsSize() {
    assertEquals(16, registers.size());
  }
}
