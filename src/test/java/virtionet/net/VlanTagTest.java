package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.net.Offload.Segmentation;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** 802.1Q tags on frames. */
class VlanTagTest {
  private static final String ADDRESSES = "ffffffffffff" + "020000000001";

  private final TestFrames frames = new TestFrames();

  private Frame frame(String rest) {
    return frames.make(HexFormat.of().parseHex(ADDRESSES + rest));
  }

  private byte[] taken(Frame frame) {
    byte[] bytes = frame.toByteArray();
    frame.release();
    return bytes;
  }

  @AfterEach
  void eachFrameWasReleased() {
    assertEquals(0, frames.held());
  }

  @Test
  void aTagLiesBetweenAddressesAndType() {
    Frame tagged = new VlanTag(5, true, 0x123).push(frame("0806aabb"), frames::make);
    assertEquals(Optional.of(new VlanTag(5, true, 0x123)), VlanTag.read(tagged));
    assertArrayEquals(HexFormat.of().parseHex(ADDRESSES + "8100b1230806aabb"), taken(tagged));
  }

  @Test
  void whatIsPushedIsPoppedAgainTheLastFirst() {
    Frame inner = VlanTag.of(1).push(frame("0806aabb"), frames::make);
    Frame both = VlanTag.of(4094).push(inner, frames::make);
    assertEquals(Optional.of(VlanTag.of(4094)), VlanTag.read(both));
    Frame one = VlanTag.pop(both, frames::make);
    assertEquals(Optional.of(VlanTag.of(1)), VlanTag.read(one));
    Frame none = VlanTag.pop(one, frames::make);
    assertEquals(Optional.empty(), VlanTag.read(none));
    assertArrayEquals(HexFormat.of().parseHex(ADDRESSES + "0806aabb"), taken(none));
  }

  @Test
  void aPriorityAloneIsATagAndTheReservedVlanIsNone() {
    Frame priority = frame("8100e0000806");
    assertEquals(Optional.of(new VlanTag(7, false, 0)), VlanTag.read(priority));
    priority.release();
    Frame reserved = frame("8100ffff0806");
    assertEquals(Optional.empty(), VlanTag.read(reserved));
    reserved.release();
  }

  @Test
  void framesTooShortForItHaveNoTagAndTakeNone() {
    Frame cut = frame("8100e000");
    assertEquals(Optional.empty(), VlanTag.read(cut));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.pop(cut, frames::make));
    cut.release();
    Frame runt = frame("08");
    assertEquals(Optional.empty(), VlanTag.read(runt));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(1).push(runt, frames::make));
    runt.release();
  }

  private static Frame completed(Frame frame) {
    return Offloads.plain(frame).getFirst();
  }

  @Test
  void aChecksumToBeCompletedMovesWithTheTag() {
    byte[] packet = TestPackets.packet(Kind.tcpV4(), 99, 1, TestPackets.ACK);
    byte[] expected = taken(VlanTag.of(7).push(frames.make(packet), frames::make));
    Frame prepared = Offloads.prepare(frames.make(packet.clone()));
    Frame tagged = VlanTag.of(7).push(prepared, frames::make);
    assertEquals(Offload.checksum(38, 16), tagged.offload());
    byte[] complete = taken(completed(tagged));
    TestPackets.assertRight(complete);
    assertArrayEquals(expected, complete);

    prepared = Offloads.prepare(frames.make(expected.clone()));
    Frame plain = VlanTag.pop(prepared, frames::make);
    assertEquals(Offload.checksum(34, 16), plain.offload());
    assertArrayEquals(packet, taken(completed(plain)));
  }

  @Test
  void whatIsVerifiedAndTheHashStayAndWhatIsNotSaidStaysUnsaid() {
    Frame plain = frame("0806aabb").offload(Offload.VERIFIED);
    plain.hash(0x1234, 2);
    Optional<FrameHash> hash = plain.hash();
    assertEquals(0x1234, hash.orElseThrow().value());
    Frame tagged = VlanTag.of(1).push(plain, frames::make);
    assertEquals(Offload.VERIFIED, tagged.offload());
    assertEquals(hash, tagged.hash());
    Frame popped = VlanTag.pop(tagged, frames::make);
    assertEquals(Offload.VERIFIED, popped.offload());
    assertEquals(hash, popped.hash());
    popped.release();
  }

  /** Frame of two segments, parted there. */
  private static Frame parted(byte[] bytes, int at) {
    return new Frame(
        MemorySegment.ofArray(Arrays.copyOf(bytes, at)),
        null,
        -1,
        new MemorySegment[] {MemorySegment.ofArray(Arrays.copyOfRange(bytes, at, bytes.length))},
        new int[0]);
  }

  @Test
  void framesOfSeveralSegmentsAreTaggedAndUntagged() {
    byte[] plain = TestPackets.packet(Kind.tcpV4(), 3000, 1, TestPackets.ACK);
    byte[] tagged = taken(VlanTag.of(9).push(frames.make(plain), frames::make));
    Offload large = Offload.checksum(34, 16).segmented(Segmentation.TCPV4, 1400);
    for (int at : new int[] {1, 12, 13, 15, 17, 18, 1500}) {
      Frame given =
          parted(tagged, at)
              .offload(
                  Offload.checksum(38, 16)
                      .segmented(Segmentation.TCPV4, 1400)
                      .withHeaderLength(58));
      assertEquals(Optional.of(VlanTag.of(9)), VlanTag.read(given));
      Frame popped = VlanTag.pop(given, frames::make);
      assertEquals(large.withHeaderLength(54), popped.offload());
      assertEquals("", Offloads.problem(popped, 1500));
      assertArrayEquals(plain, taken(popped));
      assertThrows(IllegalStateException.class, given::release);

      given = parted(plain, at).offload(large);
      Frame pushed = VlanTag.of(9).push(given, frames::make);
      assertEquals(38, pushed.offload().checksumStart());
      assertEquals(0, pushed.offload().headerLength());
      assertArrayEquals(tagged, taken(pushed));
      assertThrows(IllegalStateException.class, given::release);
    }
  }

  @Test
  void aFrameWhoseChecksumCannotMoveSoFarStaysHeld() {
    Frame high = frame("0806aabb").offload(Offload.checksum(0xffff, 0));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(1).push(high, frames::make));
    Frame low = frame("810000010806").offload(Offload.checksum(4, 0));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.pop(low, frames::make));
    high.release();
    low.release();
  }

  @Test
  void aFrameThatWasReleasedIsNeitherReadNorTagged() {
    Frame gone = frame("810000010806");
    gone.release();
    assertThrows(IllegalStateException.class, () -> VlanTag.read(gone));
    assertThrows(IllegalStateException.class, () -> VlanTag.pop(gone, frames::make));
    assertThrows(IllegalStateException.class, () -> VlanTag.of(1).push(gone, frames::make));
  }

  @Test
  void tagsOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(4095));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(-1));
    assertThrows(IllegalArgumentException.class, () -> new VlanTag(8, false, 1));
    assertThrows(IllegalArgumentException.class, () -> new VlanTag(-1, false, 1));
  }
}
