package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.BackEnd;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.testing.HandedFile;
import virtionet.testing.Patience;

/** What a back-end does with the files that it is handed harms nobody but itself. */
@Timeout(120)
class HandedFilesTest {
  private static final int QUEUE = 1;
  private static final int SIZE = 256;

  /** The last value that fits into an eventfd: whoever adds to it waits if it is blocking. */
  private static final long FULL = -2;

  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("vhost.sock");
  }

  private VhostUserMachine open() {
    return VhostUserMachine.open(
        new VhostUserOptions(
            socket(), false, 1 << 20, HugePagesWish.NEVER, Duration.ofSeconds(Patience.SECONDS)));
  }

  private static BackEnd access(VhostUserMachine machine) {
    return (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
  }

  private static void enable(BackEnd access, int queue) {
    access.enableQueue(queue, SIZE, false, 0, 0, 0);
  }

  @Test
  void aDoorbellIsHeardByWhoReadsItAsAnEventfd() throws Exception {
    var heard = new CompletableFuture<Long>();
    var rung = new CompletableFuture<Void>();
    try (var _ =
            new FakeBackEnd(socket(), UnaryOperator.identity())
                .handling(
                    (request, file) -> {
                      if (request == FakeBackEnd.SET_VRING_KICK) {
                        HandedFile.makeBlocking(file);
                        int own = HandedFile.duplicate(file);
                        var _ = rung.thenRun(() -> heard.complete(HandedFile.read(own)));
                      }
                    });
        var machine = open()) {
      BackEnd access = access(machine);
      access.notifyQueue(QUEUE);
      enable(access, QUEUE);
      access.notifyQueue(QUEUE);
      rung.complete(null);
      assertEquals(1, Patience.answer(heard));
    }
  }

  /** With an eventfd each ring would wait for ever. */
  @Test
  void aBackEndThatFillsItsFilesAndMakesThemBlockingHoldsNobody() throws Exception {
    try (var _ =
            new FakeBackEnd(socket(), UnaryOperator.identity())
                .handling(
                    (request, file) -> {
                      if (request == FakeBackEnd.SET_VRING_KICK) {
                        HandedFile.write(file, FULL);
                        HandedFile.makeBlocking(file);
                      }
                    });
        var machine = open()) {
      BackEnd access = access(machine);
      enable(access, QUEUE);
      assertTimeoutPreemptively(
          Duration.ofSeconds(Patience.SECONDS),
          () -> {
            for (int i = 0; i < 1_000; i++) {
              access.notifyQueue(QUEUE);
            }
          });
    }
  }

  @Test
  void aBackEndThatClaimsThousandsOfQueuesCostsFilesForThoseInUse() throws Exception {
    try (var _ = new FakeBackEnd(socket(), UnaryOperator.identity()).claiming(1 << 20);
        var machine = open()) {
      BackEnd access = access(machine);
      assertEquals(65_536, access.queues());
      var before = OpenFiles.now();
      enable(access, QUEUE);
      enable(access, QUEUE);
      access.disableQueue(QUEUE);
      enable(access, QUEUE);
      // The driver's end; the back-end has, of each of three times, one of the doorbell and one of
      // the line.
      assertEquals(1 + 3 * 2, OpenFiles.now().beyond(before));
    }
  }
}
