package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.testing.Misbehaviour;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** Frames that change while they are cut, as a device can make them. */
class SegmenterTest {
  private static final Kind KIND = new Kind(false, true, 1, 12);

  @Test
  @Misbehaviour("H57")
  void headersThatChangeAfterTheyWereCheckedChangeNoSegment() {
    byte[] packet = TestPackets.packet(KIND, 5000, 1, TestPackets.ACK);
    byte[] bytes = TestPackets.partial(packet);
    Segmenter segmenter =
        Segmenter.of(Frame.wrap(bytes), OffloadFrames.segmented(KIND, 1000), Integer.MAX_VALUE);
    assertNotNull(segmenter);
    List<byte[]> segments = new ArrayList<>();
    while (segmenter.hasNext()) {
      Arrays.fill(bytes, 0, KIND.headerLength(), (byte) 0xff);
      byte[] segment = new byte[segmenter.nextLength()];
      segmenter.next(MemorySegment.ofArray(segment));
      segments.add(segment);
    }
    SegmentsOf.assertStandFor(packet, 1000, segments);
  }

  @Test
  void headersThatChangedBeforeAreSeen() {
    byte[] bytes = TestPackets.packet(KIND, 5000, 1, TestPackets.ACK);
    bytes[KIND.transportStart() + 12] = 0;
    Offload offload = OffloadFrames.segmented(KIND, 1000);
    assertNull(Segmenter.of(Frame.wrap(bytes), offload, Integer.MAX_VALUE));
  }
}
