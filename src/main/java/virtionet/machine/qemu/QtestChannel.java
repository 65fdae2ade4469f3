package virtionet.machine.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
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
 * and its answer counted. A thread of its own reads: it must not depend on somebody asking that
 * interrupts are heard.
 */
final class QtestChannel {
  /** QEMU answers in microseconds; a machine that is silent for so long is dead. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final String OK = "OK";

  private final SocketChannel socket;
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

  QtestChannel(SocketChannel socket, Loss loss) {
    this.socket = socket;
    this.loss = loss;
    Thread.ofPlatform().name("virtionet-qtest").daemon().start(this::read);
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
    loss.throwIfLost();
    sent++;
    ByteBuffer bytes = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII));
    // An interrupt during the write would close the socket for everybody: it has to wait.
    boolean interrupted = Thread.interrupted();
    try {
      while (bytes.hasRemaining()) {
        socket.write(bytes);
      }
    } catch (IOException e) {
      loss.lose("QEMU's qtest socket broke: " + e);
      loss.throwIfLost();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
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

  private void read() {
    long received = 0;
    try (BufferedReader reader =
        new BufferedReader(Channels.newReader(socket, StandardCharsets.US_ASCII))) {
      for (String line; (line = reader.readLine()) != null; ) {
        if (line.startsWith("IRQ ")) {
          interrupt(line);
          continue;
        }
        if (received == awaited) {
          answer = line;
          LockSupport.unpark(waiter);
        } else if (!line.startsWith(OK)) {
          loss.lose("QEMU refused a register write: " + line);
        }
        received++;
      }
      loss.lose("QEMU closed its qtest socket");
    } catch (IOException e) {
      loss.lose("QEMU's qtest socket broke: " + e);
    } finally {
      LockSupport.unpark(waiter);
      lines.values().forEach(QtestInterruptLine::close);
    }
  }

  /** {@code IRQ raise 8} or {@code IRQ lower 8}. */
  private void interrupt(String line) {
    String[] words = line.split(" ", -1);
    try {
      if (words.length == 3 && words[1].equals("raise")) {
        line(Integer.parseInt(words[2])).raise();
      }
    } catch (NumberFormatException e) {
      loss.lose("QEMU named an interrupt that is no number: " + line);
    }
  }

  /** The line with this number; raised from the first interrupt on, whoever asks for it when. */
  QtestInterruptLine line(int number) {
    return lines.computeIfAbsent(number, key -> new QtestInterruptLine());
  }

  /** Closes the socket; the reader ends, and with it each line. */
  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      loss.lose("QEMU's qtest socket cannot be closed: " + e);
    }
  }
}
