package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.BackEnd;
import virtionet.machine.InterruptLine;
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.machine.LineSelector;
import virtionet.machine.libc.Libc;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.testing.HandedFile;
import virtionet.testing.Patience;

/** A back-end's interrupts: each is heard, and those without end once for each that is handled. */
@Timeout(120)
class CallLineTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);
  private static final Duration SHORT = Duration.ofMillis(20);

  @TempDir private Path folder;

  /** The back-end's, to raise the line with. */
  private final CompletableFuture<Integer> call = new CompletableFuture<>();

  private final List<String> told = new ArrayList<>();
  private FakeBackEnd backEnd;
  private VhostUserMachine machine;
  private BackEnd access;
  private InterruptLine line;

  @BeforeEach
  void open() {
    Path socket = folder.resolve("vhost.sock");
    backEnd =
        new FakeBackEnd(socket, UnaryOperator.identity())
            .handling(
                (request, file) -> {
                  if (request == FakeBackEnd.SET_VRING_CALL) {
                    call.complete(HandedFile.duplicate(file));
                  }
                });
    machine =
        VhostUserMachine.open(
            new VhostUserOptions(socket, false, 1 << 20, HugePagesWish.NEVER, LONG));
    var slot = machine.slots(Set.of()).getFirst();
    access = (BackEnd) machine.access(slot);
    access.enableQueue(0, 256, false, 0, 0, 0);
    line = machine.interruptLine(slot);
  }

  @AfterEach
  void close() {
    machine.close();
    backEnd.close();
    Libc.close(Patience.answer(call));
  }

  private void raise() {
    assertEquals(Long.BYTES, HandedFile.write(Patience.answer(call), 1));
  }

  private LineSelector selector() {
    LineSelector selector = line.openSelector().orElseThrow();
    assertTrue(
        selector.add(
            line,
            new LineSelector.Listener() {
              @Override
              public void raised() {
                told.add("raised");
              }

              @Override
              public void failed(String reason) {
                told.add(reason);
              }
            }));
    line.enable();
    return selector;
  }

  @Test
  void aLineThatWasRaisedIsSilentUntilItIsEnabled() {
    try (var selector = selector()) {
      raise();
      selector.select(LONG);
      assertEquals(List.of("raised"), told);
      for (int i = 0; i < 100; i++) {
        raise();
        selector.select(Duration.ZERO);
      }
      selector.select(SHORT);
      assertEquals(List.of("raised"), told);
      line.enable();
      selector.select(Duration.ZERO);
      assertEquals(List.of("raised"), told, "what came before the look is seen by the look");
      raise();
      selector.select(LONG);
      assertEquals(List.of("raised", "raised"), told);
    }
  }

  /** A device may have something to tell before its line is listened to. */
  @Test
  void whatWasRaisedBeforeTheFirstTimeThatItIsEnabledIsHeard() {
    raise();
    try (var selector = selector()) {
      selector.select(LONG);
      assertEquals(List.of("raised"), told);
      assertTrue(access.hasInterrupt());
      access.takeInterrupt();
      assertEquals(false, access.hasInterrupt());
    }
  }

  /** The watchdog looks and enables it although nothing was raised: no news may go with that. */
  @Test
  void enablingALineThatIsEnabledTakesNothing() {
    try (var selector = selector()) {
      raise();
      line.enable();
      selector.select(LONG);
      assertEquals(List.of("raised"), told);
    }
  }

  @Test
  void whoEnablesItFromAnotherThreadIsNoticedByWhoSelects() throws Exception {
    try (var selector = selector()) {
      raise();
      selector.select(LONG);
      var other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    line.enable();
                    raise();
                  });
      for (int looks = 0; told.size() < 2 && looks < 5; looks++) {
        selector.select(LONG);
      }
      other.join();
      assertEquals(List.of("raised", "raised"), told);
    }
  }

  /** As on an event loop, so in a thread of its own. */
  @Test
  void whoWaitsForOneLineHearsAStormOnceForEachTimeThatItIsEnabled() throws Exception {
    line.enable();
    raise();
    assertEquals(Wakeup.RAISED, line.await(LONG));
    raise();
    assertEquals(Wakeup.TIMEOUT, line.await(SHORT));
    var waiting = answer(() -> line.await(LONG));
    line.enable();
    raise();
    assertEquals(Wakeup.RAISED, Patience.answer(waiting));
    waiting = answer(() -> line.await(LONG));
    line.close();
    assertEquals(Wakeup.CLOSED, Patience.answer(waiting));
    assertEquals(Wakeup.CLOSED, line.await(LONG));
  }

  private interface Wait {
    Wakeup run() throws InterruptedException;
  }

  private static CompletableFuture<Wakeup> answer(Wait wait) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return wait.run();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void aBackEndThatTakesItsRaisesBackHoldsNobody() {
    try (var selector = selector()) {
      HandedFile.makeBlocking(Patience.answer(call));
      raise();
      selector.select(LONG);
      assertEquals(1, HandedFile.read(Patience.answer(call)));
      line.enable();
      selector.select(Duration.ZERO);
      assertEquals(List.of("raised"), told);
    }
  }
}
