package virtionet.machine.qemu;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import virtionet.machine.MachineException;

/** QEMU's machine protocol: how QEMU itself is asked and told things. Any thread. */
final class Qmp {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** What ends the wait of one whose answer will not come. */
  private static final Map<String, Object> END = Map.of();

  private final LineSocket socket;
  private final Loss loss;
  private final BlockingQueue<Map<String, Object>> answers = new LinkedBlockingQueue<>();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock. An answer that came too late is known by its number.
  private int number;

  Qmp(SocketChannel socket, Loss loss) {
    this.socket = new LineSocket("QMP", socket, loss);
    this.loss = loss;
    this.socket.start(this::onLine, () -> answers.add(END));
    execute("qmp_capabilities", Map.of());
  }

  private void onLine(String line) {
    try {
      Map<String, Object> message = JSON.std.mapFrom(line);
      if (message.containsKey("return") || message.containsKey("error")) {
        answers.add(message);
      }
    } catch (IOException e) {
      loss.lose("QEMU sent over QMP what is no JSON object: " + line);
    }
  }

  /**
   * Executes a command and returns what it returns.
   *
   * @throws MachineException when QEMU refuses it, with QEMU's words, or does not answer in time
   */
  Object execute(String command, Map<String, ?> arguments) {
    lock.lock();
    try {
      number++;
      socket.send(json(Map.of("execute", command, "arguments", arguments, "id", number)));
      return await(command);
    } finally {
      lock.unlock();
    }
  }

  private static String json(Map<String, ?> message) {
    try {
      return JSON.std.asString(message);
    } catch (IOException e) {
      throw new MachineException("cannot be said in JSON: " + message, e);
    }
  }

  private Object await(String command) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (true) {
        Map<String, Object> answer =
            answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (answer == null) {
          throw new MachineException(
              "QEMU did not answer QMP's %s within %d s".formatted(command, PATIENCE.toSeconds()));
        }
        if (answer.isEmpty()) {
          answers.add(END);
          loss.throwIfLost();
          throw new MachineException("QEMU closed its QMP socket during " + command);
        }
        if (!Integer.valueOf(number).equals(answer.get("id"))) {
          continue;
        }
        if (answer.get("error") instanceof Map<?, ?> error) {
          throw new MachineException(
              "QEMU refused QMP's %s: %s".formatted(command, error.get("desc")));
        }
        return Objects.requireNonNullElse(answer.get("return"), Map.of());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MachineException("interrupted while QEMU was asked for " + command, e);
    }
  }

  /** The path of an object without a name of its own, by its type. */
  String findUnattached(String type) {
    String container = "/machine/unattached";
    Object listed = execute("qom-list", Map.of("path", container));
    Stream<?> entries = listed instanceof List<?> list ? list.stream() : Stream.empty();
    return entries
        .filter(
            entry -> entry instanceof Map<?, ?> m && ("child<" + type + ">").equals(m.get("type")))
        .map(entry -> container + "/" + ((Map<?, ?>) entry).get("name"))
        .findFirst()
        .orElseThrow(() -> new MachineException("this QEMU machine has no " + type));
  }

  void close() {
    socket.close();
  }
}
