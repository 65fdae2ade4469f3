package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.LineSelector;
import virtionet.machine.libc.EventFd;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.Poll;
import virtionet.testing.ModelInterruptLine;
import virtionet.testing.Patience;
import virtionet.testing.Programs;

/** Two lines on named pipes: what is put into one is an interrupt of its device. */
@Timeout(60)
class UioLineSelectorTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir private Path folder;
  private final List<Integer> pipes = new ArrayList<>();
  private final List<UioInterruptLine> lines = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private LineSelector selector;

  private final class Teller implements LineSelector.Listener {
    private final int line;

    private Teller(int line) {
      this.line = line;
    }

    @Override
    public void raised() {
      told.add("raised " + line);
    }

    @Override
    public void failed(String reason) {
      told.add("failed " + line);
    }
  }

  @BeforeEach
  void open() throws Exception {
    Programs.need("mkfifo");
    for (int i = 0; i < 2; i++) {
      Path fifo = folder.resolve("uio" + i);
      Programs.run(folder, "mkfifo", fifo.toString());
      int pipe = Libc.open(fifo);
      pipes.add(pipe);
      lines.add(new UioInterruptLine("uio" + i, pipe));
    }
    selector = lines.getFirst().openSelector().orElseThrow();
    for (int i = 0; i < 2; i++) {
      assertTrue(selector.add(lines.get(i), new Teller(i)));
    }
  }

  @AfterEach
  void close() {
    selector.close();
    lines.forEach(UioInterruptLine::close);
    pipes.forEach(Libc::close);
  }

  private void raise(int line) {
    Libc.writeInt(pipes.get(line), 1, "uio" + line);
  }

  @Test
  void eachRaiseIsToldOnceAndOfItsOwnLine() {
    selector.select(Duration.ZERO);
    assertEquals(List.of(), told);
    raise(1);
    selector.select(LONG);
    selector.select(Duration.ZERO);
    assertEquals(List.of("raised 1"), told);
    raise(0);
    raise(1);
    selector.select(LONG);
    assertEquals(List.of("raised 1", "raised 0"), told, "silent until it is enabled");
    lines.get(1).enable();
    selector.select(LONG);
    assertEquals(List.of("raised 1", "raised 0", "raised 1"), told);
  }

  @Test
  void aWakeupEndsTheWaitThatIsOrTheNextAndNoFurtherOne() {
    selector.wakeup();
    selector.wakeup();
    selector.select(LONG);
    long before = System.nanoTime();
    selector.select(Duration.ofMillis(50));
    assertTrue(System.nanoTime() - before >= 50_000_000, "a second wait ended early");
    assertEquals(List.of(), told);
  }

  @Test
  void aWakeupOfAnotherThreadEndsTheWait() {
    CompletableFuture<Void> started = new CompletableFuture<>();
    Thread waker =
        Thread.ofPlatform()
            .start(
                () -> {
                  Patience.answer(started);
                  selector.wakeup();
                });
    started.complete(null);
    selector.select(LONG);
    Patience.until("the waker has ended", () -> !waker.isAlive());
    assertEquals(List.of(), told);
  }

  @Test
  void aRemovedLineIsNotHeardAndAClosedOneNeither() {
    selector.remove(lines.get(0));
    lines.get(1).close();
    raise(0);
    raise(1);
    selector.select(Duration.ofMillis(20));
    assertEquals(List.of(), told);
  }

  @Test
  void closingALineDoesNotWaitForTheEndOfTheWait() {
    Thread closer = Thread.ofPlatform().start(() -> lines.get(0).close());
    selector.select(LONG);
    Patience.until("the close has ended", () -> !closer.isAlive());
    raise(1);
    selector.select(LONG);
    assertEquals(List.of("raised 1"), told);
  }

  @Test
  void aLineThatCannotBeReadIsToldOfOnceAndTheOthersStay() {
    // The descriptor's file is not for reading any more: its number is another file's.
    var broken = new UioInterruptLine("uio2", Integer.MAX_VALUE);
    assertTrue(selector.add(broken, new Teller(2)));
    selector.select(Duration.ZERO);
    selector.select(Duration.ZERO);
    raise(0);
    selector.select(LONG);
    assertEquals(List.of("failed 2", "raised 0"), told);
    broken.close();
  }

  @Test
  void aLineOfAnotherKindIsNotTaken() {
    assertFalse(selector.add(new ModelInterruptLine(), new Teller(3)));
  }

  @Test
  void aWakeupAfterTheCloseHarmsNobody() {
    selector.close();
    int successor = EventFd.open();
    selector.wakeup();
    assertEquals(0, Poll.awaitReadable(successor, successor, Duration.ZERO));
    Libc.close(successor);
  }
}
