package virtionet.cli.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;

/** A soak's books: what they find wrong with frames. */
class LedgerTest {
  private static final MacAddress CARD = MacAddress.parse("52:54:00:12:34:56");

  private final SoakFrames frames = new SoakFrames(7);
  private final Ledger ledger = new Ledger();

  private byte[] give() {
    return frames.frame(ledger.give(), CARD);
  }

  private boolean arrive(byte[] frame) {
    return ledger.arrived(frames.number(frame));
  }

  private void comeBack(byte[] frame) {
    ledger.returned(frames.number(frame));
  }

  @Test
  void aFrameThatGoesRoundIsCountedAtEachPlace() {
    byte[] frame = give();
    assertTrue(arrive(frame));
    comeBack(SoakFrames.turned(frame));
    assertEquals(new Ledger.Books(1, 1, 1, 0, 0, 0), ledger.books());
    assertEquals(0, ledger.books().wrong());
  }

  @Test
  void aFrameThatComesTwiceIsNotAnsweredTwice() {
    byte[] frame = give();
    arrive(frame);
    assertFalse(arrive(frame));
    comeBack(frame);
    comeBack(frame);
    assertEquals(new Ledger.Books(1, 1, 1, 0, 0, 2), ledger.books());
  }

  @Test
  void aFrameWithAChangedByteOrCutShortIsFound() {
    byte[] changed = give();
    changed[changed.length - 1] ^= 1;
    arrive(changed);
    byte[] cut = give();
    arrive(Arrays.copyOf(cut, cut.length - 1));
    assertEquals(new Ledger.Books(2, 0, 0, 2, 0, 0), ledger.books());
  }

  @Test
  void aFrameThatNobodySentIsForeign() {
    arrive(frames.frame(5, CARD));
    arrive(new byte[60]);
    assertEquals(new Ledger.Books(0, 0, 0, 0, 2, 0), ledger.books());
  }

  @Test
  void framesAreOfMixedLengthsAndOfTheirSeedAlone() {
    int[] lengths = new int[1000];
    Arrays.setAll(lengths, number -> frames.frame(number, CARD).length);
    assertTrue(Arrays.stream(lengths).min().orElseThrow() < 80);
    assertTrue(Arrays.stream(lengths).max().orElseThrow() > 1500);
    assertEquals(3, frames.number(new SoakFrames(7).frame(3, CARD)));
    assertNotEquals(3, frames.number(new SoakFrames(8).frame(3, CARD)));
  }

  @Test
  void aWaitForTheNextFrameEndsWithOneThatWasGivenLater() throws InterruptedException {
    byte[] before = give();
    Thread later =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (byte[] frame : new byte[][] {before, give()}) {
                    arrive(frame);
                    comeBack(frame);
                  }
                });
    later.join();
    assertEquals(0, ledger.awaitNext(1));
  }
}
