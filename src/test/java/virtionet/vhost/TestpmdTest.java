package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.testing.Patience;
import virtionet.testing.RequiresTestpmd;
import virtionet.testing.TestBytes;
import virtionet.testing.TestPmd;

/** The vhost-user device of DPDK's testpmd, which sends each frame back. */
@RequiresTestpmd
@Timeout(120)
class TestpmdTest {
  private static final int FRAMES = 20_000;

  /** Fewer than the hand-off for received frames has room for: none is dropped. */
  private static final int WINDOW = 200;

  private static final int HELD = 20;
  private static final String PATIENT = "recovery { max-restarts = 100, max-backoff = 500 ms }";

  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("vhost.sock");
  }

  /** Whatever is negotiated, frames of each length come back whole, once, in their order. */
  @ParameterizedTest(name = "without {0}")
  @ValueSource(
      strings = {
        "",
        "RING_PACKED",
        "IN_ORDER",
        "RING_PACKED, IN_ORDER",
        "EVENT_IDX",
        "RING_PACKED, EVENT_IDX, INDIRECT_DESC",
        "MRG_RXBUF"
      })
  void framesComeBackWholeAndInOrder(String without) throws Exception {
    try (var _ = TestPmd.loop(socket(), 1);
        var station =
            VhostStation.connect(socket(), "disabled-features = [%s]".formatted(without))) {
      exchange(station, FRAMES);
      Patience.until("all are sent", () -> station.count(Counter.TRANSMITTED_FRAMES) == FRAMES);
      assertEquals(FRAMES, station.count(Counter.RECEIVED_FRAMES));
    }
  }

  private static void exchange(VhostStation station, int frames) throws InterruptedException {
    int sent = 0;
    for (int received = 0; received < frames; received++) {
      while (sent < frames && sent - received < WINDOW) {
        assertTrue(station.send(frame(sent)), "no room for frame " + sent);
        sent++;
      }
      byte[] frame = station.in().poll(Patience.SECONDS, TimeUnit.SECONDS);
      assertNotNull(frame, "frame " + received + " did not come back");
      assertArrayEquals(frame(received), frame);
    }
  }

  private static byte[] frame(int number) {
    return TestBytes.ofEachLength().apply(number);
  }

  /** It is gone without a word, and is there again: the client's stream stays. */
  @Test
  void aBackEndThatIsKilledAndStartedAgainGoesOnWithTheSameStreams() throws Exception {
    try (var station = killed()) {
      try (var _ = TestPmd.loop(socket(), 1)) {
        Patience.until("it has recovered", () -> station.count(Counter.RECOVERIES) == 1);
        station.in().clear();
        exchange(station, FRAMES);
      }
    }
  }

  /** The memory that it lies in stays mapped, and it is looked for by nobody. */
  @Test
  void aFrameThatIsHeldOverTheLossOfItsBackEndStaysReadableAndIsNotForgotten() throws Exception {
    VhostStation station;
    try (var testpmd = TestPmd.loop(socket(), 1)) {
      station = VhostStation.connect(socket(), PATIENT);
      station.holdFrames();
      exchange(station, HELD);
      testpmd.kill();
      Files.delete(socket());
    }
    try (station) {
      try (var _ = TestPmd.loop(socket(), 1)) {
        Patience.until("it has recovered", () -> station.count(Counter.RECOVERIES) == 1);
        System.gc();
        List<byte[]> held = station.heldFrames();
        for (int i = 0; i < HELD; i++) {
          assertArrayEquals(frame(i), held.get(i));
        }
        assertEquals(0, station.count(Counter.FRAMES_LEAKED));
        station.releaseFrames();
        station.in().clear();
        exchange(station, WINDOW);
      }
    }
  }

  private VhostStation killed() throws Exception {
    try (var testpmd = TestPmd.loop(socket(), 1)) {
      var station = VhostStation.connect(socket(), PATIENT);
      exchange(station, WINDOW);
      testpmd.kill();
      // It does not start where one lies that a dead process left.
      Files.delete(socket());
      return station;
    }
  }

  /** Where the driver listens, and testpmd connects. */
  @Test
  void aBackEndMayBeTheOneThatConnects() throws Exception {
    try (var _ = TestPmd.loop(socket(), 1, "client=1");
        var station = VhostStation.connect(socket(), "machine.vhost-user.role = server")) {
      exchange(station, WINDOW);
    }
  }

  /** No control queue has to say so: the protocol does. */
  @Test
  void allQueuePairsAreInUseFromTheStart() throws IOException, InterruptedException {
    try (var _ = TestPmd.loop(socket(), 2);
        var station = VhostStation.connect(socket(), "queue-pairs = 2")) {
      assertEquals(2, station.info().queuePairs());
      for (int i = 0; i < WINDOW; i++) {
        assertTrue(station.send(frame(i)));
      }
      for (int i = 0; i < WINDOW; i++) {
        assertNotNull(station.in().poll(Patience.SECONDS, TimeUnit.SECONDS), "frame " + i);
      }
    }
  }
}
