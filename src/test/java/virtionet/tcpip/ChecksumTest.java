package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The Internet checksum against a sum word by word. */
class ChecksumTest {
  private static final int LONGEST = 1600;

  private final Random random = new Random(1071);

  @Test
  void theExampleOfRfc1071SumsUpToDdf2() {
    byte[] bytes = HexFormat.of().parseHex("0001f203f4f5f6f7");
    assertEquals(~0xddf2 & 0xffff, Checksum.of(MemorySegment.ofArray(bytes)));
  }

  @Test
  void nothingSumsUpToNothing() {
    assertEquals(0xffff, Checksum.of(MemorySegment.ofArray(new byte[0])));
  }

  @Test
  void anyLengthAtAnyOffsetGivesTheSumWordByWord() {
    for (int length = 1; length <= LONGEST; length++) {
      int offset = random.nextInt(8);
      byte[] bytes = new byte[offset + length];
      random.nextBytes(bytes);
      assertEquals(
          Packets.checksum(bytes, offset, length),
          Checksum.of(MemorySegment.ofArray(bytes).asSlice(offset)),
          length + " bytes at " + offset);
    }
  }

  @Test
  void carriesOfTheLargestSumAreTakenRound() {
    byte[] ones = new byte[0xffff];
    Arrays.fill(ones, (byte) 0xff);
    assertEquals(Packets.checksum(ones, 0, ones.length), Checksum.of(MemorySegment.ofArray(ones)));
  }

  @Test
  void bytesThatCarryTheirOwnChecksumSumUpToZero() {
    for (int length = 4; length < LONGEST; length += 7) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      assertEquals(
          0, Checksum.of(MemorySegment.ofArray(Packets.seal(bytes, 0, length, 2))), () -> "sealed");
    }
  }

  @Test
  void thePseudoHeaderIsSummedAsIfItStoodBeforeTheBytes() {
    for (int length = 0; length < LONGEST; length += 11) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      var source = new Ipv4Address(random.nextInt());
      var destination = new Ipv4Address(random.nextInt());
      byte[] whole =
          ByteBuffer.allocate(12 + length)
              .putInt(source.bits())
              .putInt(destination.bits())
              .putShort((short) 17)
              .putShort((short) length)
              .put(bytes)
              .array();
      assertEquals(
          Packets.checksum(whole, 0, whole.length),
          Checksum.of(source, destination, 17, MemorySegment.ofArray(bytes)),
          length + " bytes");
    }
  }
}
