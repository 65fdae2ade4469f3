package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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

  @Test
  void tagsOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(4095));
    assertThrows(IllegalArgumentException.class, () -> VlanTag.of(-1));
    assertThrows(IllegalArgumentException.class, () -> new VlanTag(8, false, 1));
    assertThrows(IllegalArgumentException.class, () -> new VlanTag(-1, false, 1));
  }
}
