package virtionet.machine.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/**
 * A QEMU process that cannot outlive this one. It runs under a small shell that holds one end of a
 * pipe: when the other end closes, because this process wants it or because it died of whatever,
 * the shell kills QEMU, and once QEMU is gone it deletes QEMU's folder.
 */
final class Keeper {
  /**
   * Arguments: the folder, then QEMU's words. Says QEMU's process id first; ends with QEMU's code.
   * When nobody is left to hear what the shell says of a killed child, it must not die of that.
   */
  private static final String SCRIPT =
      """
      folder=$1
      shift
      trap '' PIPE
      exec 3<&0
      "$@" </dev/null 3<&- >&2 &
      qemu=$!
      echo $qemu
      { read -r _; kill -KILL $qemu 2>/dev/null; } <&3 &
      guard=$!
      wait $qemu
      code=$?
      rm -rf -- "$folder"
      kill $guard 2>/dev/null
      exit $code
      """;

  private static final int KEPT_LINES = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long a QEMU whose sockets broke may take to be gone, on a busy machine. */
  private static final Duration END_PATIENCE = Duration.ofSeconds(5);

  private final Process shell;
  private final long qemuPid;
  private final CompletableFuture<String> lastWords;

  private Keeper(Process shell, long qemuPid, CompletableFuture<String> lastWords) {
    this.shell = shell;
    this.qemuPid = qemuPid;
    this.lastWords = lastWords;
  }

  static Keeper start(Path folder, List<String> command) {
    List<String> words = new ArrayList<>();
    // In a session of its own, so that Ctrl-C reaches this process alone, which ends QEMU in order.
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      words.add("/usr/bin/setsid");
    }
    words.addAll(List.of("/bin/sh", "-c", SCRIPT, "virtionet-qemu", folder.toString()));
    words.addAll(command);
    try {
      Process shell = new ProcessBuilder(words).start();
      var lastWords = new CompletableFuture<String>();
      Thread.ofPlatform()
          .name("virtionet-qemu-stderr")
          .daemon()
          .start(() -> lastWords.complete(lastLines(shell)));
      BufferedReader said =
          new BufferedReader(
              new InputStreamReader(shell.getInputStream(), StandardCharsets.US_ASCII));
      String pid = said.readLine();
      if (pid == null) {
        throw new MachineUnavailableException("the shell that is to run QEMU ended at once");
      }
      return new Keeper(shell, Long.parseLong(pid), lastWords);
    } catch (IOException e) {
      throw new MachineUnavailableException("QEMU cannot be started: " + e.getMessage(), e);
    }
  }

  private static String lastLines(Process shell) {
    Deque<String> lines = new ArrayDeque<>();
    try (BufferedReader reader = shell.errorReader(StandardCharsets.UTF_8)) {
      for (String line; (line = reader.readLine()) != null; ) {
        if (lines.size() == KEPT_LINES) {
          lines.removeFirst();
        }
        lines.addLast(line);
      }
    } catch (IOException e) {
      lines.addLast("(" + e + ")");
    }
    return String.join("\n", lines);
  }

  long qemuPid() {
    return qemuPid;
  }

  CompletableFuture<Process> onExit() {
    return shell.onExit();
  }

  boolean hasEnded() {
    return !shell.isAlive();
  }

  /** How QEMU ended and what it said last, if it ended by now or is about to. */
  String epitaph() {
    try {
      int code = shell.onExit().get(END_PATIENCE.toSeconds(), TimeUnit.SECONDS).exitValue();
      String words = lastWords.get(END_PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return "QEMU (process %d) ended with code %d%s"
          .formatted(qemuPid, code, words.isEmpty() ? "" : ": " + words);
    } catch (TimeoutException e) {
      return "QEMU (process %d) still runs".formatted(qemuPid);
    } catch (ExecutionException e) {
      return "QEMU (process %d): %s".formatted(qemuPid, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "QEMU (process %d): interrupted while its end was awaited".formatted(qemuPid);
    }
  }

  /** Waits for QEMU's end, which somebody asked for. Whether it came in time. */
  boolean awaitEnd(Duration patience) {
    try {
      return shell.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Kills QEMU if it still runs, and waits for its end.
   *
   * @throws MachineException when even that does not end it
   */
  void kill() {
    try {
      shell.getOutputStream().close();
    } catch (IOException e) {
      // The shell is gone already: that is what is wanted.
      shell.destroy();
    }
    if (!awaitEnd(PATIENCE)) {
      shell.destroyForcibly();
      throw new MachineException("QEMU (process %d) does not end".formatted(qemuPid));
    }
  }
}
