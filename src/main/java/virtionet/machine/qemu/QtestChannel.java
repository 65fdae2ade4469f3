package virtionet.machine.qemu;

import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import virtionet.machine.MachineException;

/**
 * QEMU's {@code qtest} protocol: a line for a command, a line for its answer, and in between the
 * changes of interrupt lines, unasked. Any thread.
 *
 * <p>Commands are answered in their order, so that one whose answer nobody needs is simply sent,
 * and its answer counted.
 */
final class QtestChannel {
  /** QEMU answers in microseconds; a machine that is silent for so long is dead. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final String OK = "OK";

  private final LineSocket socket;
  private final Loss loss;
  private final Map<Integer, QtestInterruptLine> lines = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private long sent;

  // Written under the lock by the one who waits, read by the reader.
  private volatile long awaited = -1;
  private volatile @Nullable Thread waiter;

  // Written by the reader.
  private volatile @Nullable String answer;
  private volatile boolean ended;

  // The reader's own.
  private long received;

  QtestChannel(SocketChannel socket, Loss loss) {
    this.socket = new LineSocket("qtest", socket, loss);
    this.loss = loss;
    this.socket.start(this::onLine, this::onEnd);
  }

  /** Sends a command and waits for its answer: what stands after {@code OK}. */
  String ask(String command) {
    lock.lock();
    try {
      answer = null;
      waiter = Thread.currentThread();
      awaited = sent;
      send(command);
      return await(command);
    } finally {
      awaited = -1;
      waiter = null;
      lock.unlock();
    }
  }

  /** Sends a command and does not wait. An error ends the machine. */
  void post(String command) {
    lock.lock();
    try {
      send(command);
    } finally {
      lock.unlock();
    }
  }

  private void send(String command) {
    socket.send(command);
    sent++;
  }

  private String await(String command) {
    long start = System.nanoTime();
    boolean interrupted = false;
    try {
      String line;
      while ((line = answer) == null) {
        loss.throwIfLost();
        long left = PATIENCE.toNanos() - (System.nanoTime() - start);
        if (left <= 0) {
          loss.lose(
              "QEMU did not answer '%s' within %d s".formatted(command, PATIENCE.toSeconds()));
        } else {
          LockSupport.parkNanos(this, left);
          interrupted |= Thread.interrupted();
        }
      }
      if (!line.startsWith(OK)) {
        throw new MachineException("QEMU refused '%s': %s".formatted(command, line));
      }
      return line.substring(OK.length()).strip();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void onLine(String line) {
    if (line.startsWith("IRQ ")) {
      onInterrupt(line);
      return;
    }
    if (received == awaited) {
      answer = line;
      LockSupport.unpark(waiter);
    } else if (!line.startsWith(OK)) {
      loss.lose("QEMU refused a register write: " + line);
    }
    received++;
  }

  /** {@code IRQ raise 8} or {@code IRQ lower 8}. */
  private void onInterrupt(String line) {
    String[] words = line.split(" ", -1);
    try {
      if (words.length == 3) {
        line(Integer.parseInt(words[2])).level(words[1].equals("raise"));
      }
    } catch (NumberFormatException e) {
      loss.lose("QEMU named an interrupt that is no number: " + line);
    }
  }

  private void onEnd() {
    ended = true;
    LockSupport.unpark(waiter);
    lines.values().forEach(QtestInterruptLine::close);
  }

  /**
   * The line with this number; raised from the first interrupt on, whoever asks for it when. A new
   * one when the former was closed.
   */
  QtestInterruptLine line(int number) {
    QtestInterruptLine line =
        lines.compute(
            number, (key, old) -> old == null ? new QtestInterruptLine() : old.reopened());
    if (ended) {
      line.close();
    }
    return line;
  }

  void close() {
    socket.close();
  }
}
