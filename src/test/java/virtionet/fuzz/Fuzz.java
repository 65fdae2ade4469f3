package virtionet.fuzz;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Random misbehaviour for as long as is wanted: {@code ./virtionet fuzz}. */
@Command(
    name = "fuzz",
    mixinStandardHelpOptions = true,
    description = "Has the driver meet devices that do anything, until it does something wrong.")
public final class Fuzz implements Callable<Integer> {
  private static final long BETWEEN_LINES = TimeUnit.SECONDS.toNanos(10);

  @Option(names = "--minutes", description = "How long (default: ${DEFAULT-VALUE}).")
  private int minutes = 10;

  @Option(names = "--seed", description = "Of what happens; a fresh one, if not given.")
  private long seed = RandomGenerator.getDefault().nextLong();

  @Option(names = "--episode", description = "This one alone, as a failure names it.")
  private Optional<Long> episode = Optional.empty();

  private Fuzz() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** Ready to execute. */
  public static CommandLine commandLine() {
    return new CommandLine(new Fuzz());
  }

  @Override
  public Integer call() {
    var fuzzer = new Fuzzer(seed);
    long start = System.nanoTime();
    try {
      if (episode.isPresent()) {
        fuzzer.run(episode.get());
      } else {
        System.out.println("seed " + seed);
        long most = TimeUnit.MINUTES.toNanos(minutes);
        Watched.run(fuzzer, () -> System.nanoTime() - start < most, progress(fuzzer, start));
      }
    } catch (AssertionError e) {
      e.printStackTrace(System.out);
      return 1;
    }
    System.out.println(line(fuzzer, start));
    return 0;
  }

  private static Runnable progress(Fuzzer fuzzer, long start) {
    return new Runnable() {
      private long last = start;

      @Override
      public void run() {
        if (System.nanoTime() - last >= BETWEEN_LINES) {
          last = System.nanoTime();
          System.out.println(line(fuzzer, start));
        }
      }
    };
  }

  private static String line(Fuzzer fuzzer, long start) {
    return "%d s, %s".formatted((System.nanoTime() - start) / 1_000_000_000L, fuzzer);
  }
}
