package virtionet.fuzz;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** A fuzzer that is looked at while it runs: no step may take for ever. */
final class Watched {
  /** For a step; a busy machine needs some. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Watched() {}

  /**
   * Runs episodes on a thread of their own.
   *
   * @param each done about once a second meanwhile
   * @throws AssertionError when something is wrong, or a step does not end
   */
  static void run(Fuzzer fuzzer, BooleanSupplier condition, Runnable each) {
    var task = new FutureTask<Void>(() -> fuzzer.runWhile(condition), null);
    Thread thread = Thread.ofPlatform().daemon().name("fuzzer").start(task);
    String position = "";
    long since = System.nanoTime();
    while (true) {
      try {
        task.get(1, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        each.run();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof AssertionError error) {
          throw error;
        }
        throw new AssertionError(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      String now = fuzzer.position();
      if (!now.equals(position)) {
        position = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > PATIENCE.toNanos()) {
        throw new AssertionError(
            "no end within %s: %s%n%s"
                .formatted(
                    PATIENCE,
                    position,
                    Arrays.stream(thread.getStackTrace())
                        .map(frame -> "\tat " + frame)
                        .collect(Collectors.joining("\n"))));
      }
    }
  }
}
