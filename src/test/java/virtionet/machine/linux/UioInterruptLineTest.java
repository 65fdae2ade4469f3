package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

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
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.machine.libc.EventFd;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.Poll;
import virtionet.testing.Patience;
import virtionet.testing.Programs;

/** A line on a named pipe: what is put into it is an interrupt, what is enabled comes out of it. */
@Timeout(60)
class UioInterruptLineTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir private Path folder;
  private int pipe;
  private UioInterruptLine line;

  @BeforeEach
  void open() throws Exception {
    Programs.need("mkfifo");
    Path fifo = folder.resolve("uio0");
    Programs.run(folder, "mkfifo", fifo.toString());
    pipe = Libc.open(fifo);
    line = new UioInterruptLine("uio0", pipe);
  }

  @AfterEach
  void close() {
    line.close();
    Libc.close(pipe);
  }

  @Test
  void anInterruptIsToldOnce() throws Exception {
    assertEquals(Wakeup.TIMEOUT, line.await(Duration.ZERO));
    Libc.writeInt(pipe, 5, "uio0");
    assertEquals(Wakeup.RAISED, line.await(LONG));
    assertEquals(Wakeup.TIMEOUT, line.await(Duration.ZERO));
  }

  @Test
  void enablingWritesA1() {
    line.enable();
    assertEquals(1, Libc.readInt(pipe, "uio0"));
  }

  @Test
  void closingEndsTheWaitOfAnotherThread() throws Exception {
    CompletableFuture<Wakeup> waiting = new CompletableFuture<>();
    Thread waiter = waitForIt(line, waiting);
    Patience.until("it waits", () -> isInPoll(waiter) || waiting.isDone());
    assertFalse(waiting.isDone());
    line.close();
    assertEquals(Wakeup.CLOSED, Patience.answer(waiting));
  }

  private static Thread waitForIt(UioInterruptLine line, CompletableFuture<Wakeup> answer) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                answer.complete(line.await(LONG));
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
  }

  private static boolean isInPoll(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getMethodName().equals("awaitReadable")) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aClosedLineIsQuietAndStaysClosed() throws Exception {
    Libc.writeInt(pipe, 5, "uio0");
    line.close();
    line.close();
    assertEquals(Wakeup.CLOSED, line.await(LONG));
    line.enable();
    assertEquals(5, Libc.readInt(pipe, "uio0"));
    assertEquals(0, Poll.awaitReadable(pipe, pipe, Duration.ZERO), "enabling wrote nothing more");
  }

  @Test
  void whenClosingReturnsNobodyUsesItsDescriptorsAnyMore() throws Exception {
    for (int round = 0; round < 200; round++) {
      var racing = new UioInterruptLine("uio0", pipe);
      List<CompletableFuture<Wakeup>> waiting = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        CompletableFuture<Wakeup> answer = new CompletableFuture<>();
        waiting.add(answer);
        waitForIt(racing, answer);
      }
      racing.close();
      // Gets the number that the line gave back: a late wait would hear this one's silence.
      int successor = EventFd.open();
      for (CompletableFuture<Wakeup> answer : waiting) {
        assertEquals(Wakeup.CLOSED, Patience.answer(answer));
      }
      Libc.close(successor);
    }
  }
}
