package virtionet.hostile;

import static virtionet.testing.DriverOnModel.until;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import virtionet.testing.DeviceSideRing;

/** What tests of hostile rings share. */
final class Rings {
  private Rings() {}

  /** Each value on each card. */
  static Stream<Arguments> each(Card[] cards, int... values) {
    return Stream.of(cards)
        .flatMap(card -> IntStream.of(values).mapToObj(value -> Arguments.of(card, value)));
  }

  /** With frames in each queue: the receive queue is full, one is in the transmit queue. */
  static Rig loaded(Card card) {
    // Time for the test to do what it wants with them.
    Rig rig = Rig.with("virtionet.transmit-timeout = 1 m", card.settings());
    rig.device().stallUntilReset();
    rig.send(1);
    until("the frame is with the device", () -> rig.device().waiting(1) == 1);
    return rig;
  }

  /** All buffers that wait for the device. */
  static List<DeviceSideRing.Chain> takeAll(DeviceSideRing ring) {
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    while (ring.waiting() > 0) {
      taken.add(ring.take().orElseThrow());
    }
    return taken;
  }
}
