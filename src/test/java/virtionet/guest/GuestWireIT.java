package virtionet.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import virtionet.testing.TestBytes;
import virtionet.testing.Wire;

/** Frames between the host and the guest's driver, which sends each one back. */
@RequiresGuest
class GuestWireIT {
  private static final int FRAMES = 100_000;

  /** On the way at once: fewer than any queue on it holds, so that none may be lost. */
  private static final int WINDOW = 64;

  @Test
  void aHundredThousandFramesOfAllSizesCrossEachWayByteExactAndNoWakeUpIsLost() throws IOException {
    try (Wire wire = new Wire();
        Guest guest =
            Guest.start(
                "run",
                "--netdev",
                wire.netdev("net0").replace(",id=net0", ""),
                "--",
                "virtionet",
                "attach",
                "eth0",
                "reflect",
                "--count",
                Integer.toString(FRAMES))) {
      guest.awaitLine("reflecting on");
      int sent = 0;
      for (int came = 0; came < FRAMES; came++) {
        while (sent < FRAMES && sent - came < WINDOW) {
          wire.send(TestBytes.ofEachLength().apply(sent));
          sent++;
        }
        assertArrayEquals(TestBytes.ofEachLength().apply(came), wire.receive(), "frame " + came);
      }
      Guest.Outcome end = guest.awaitEnd();
      assertEquals(0, end.code(), end::text);
      assertEquals(FRAMES, counter(end, "frames received"));
      assertEquals(FRAMES, counter(end, "frames transmitted"));
      assertEquals(0, counter(end, "lost wake-ups"), end::text);
      long interrupts = counter(end, "interrupts");
      assertTrue(interrupts > 0 && interrupts < FRAMES, interrupts + " interrupts: no batching");
    }
  }

  /** A counter as the command shows it; those that are 0 are not shown. */
  private static long counter(Guest.Outcome end, String label) {
    Matcher line =
        Pattern.compile("(?m)^ *([0-9,]+) +" + Pattern.quote(label) + "  ").matcher(end.text());
    return line.find() ? Long.parseLong(line.group(1).replace(",", "")) : 0;
  }
}
