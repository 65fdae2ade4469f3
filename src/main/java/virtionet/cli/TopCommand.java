package virtionet.cli;

import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import virtionet.cli.top.DriverClient;
import virtionet.cli.top.DriverState;
import virtionet.cli.top.NoAnswerException;
import virtionet.cli.top.TopView;

/** Shows what a driver in another process does. */
@Command(
    name = "top",
    description =
        "Shows rates, rings and drops of a driver that runs with --metrics PORT: on a terminal a"
            + " page that is drawn anew, elsewhere a line for each device and interval. Ends when"
            + " the driver does.")
final class TopCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "[HOST:]PORT",
      converter = Endpoint.ToAsk.class,
      description = "Where it tells its numbers; this host's loopback where no host is given.")
  private @Nullable Endpoint endpoint;

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = Count.class,
      description = "End after so many (default: no end).")
  private @Nullable Integer count;

  @Option(names = "--once", description = "The same as --count 1.")
  private boolean once;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "1",
      converter = SoakCommand.Seconds.class,
      description = "From one to the next (default: ${DEFAULT-VALUE}).")
  private Duration interval = Duration.ofSeconds(1);

  @Override
  public Integer call() throws InterruptedException {
    if (endpoint == null || (once && count != null)) {
      throw new ParameterException(spec.commandLine(), "--once and --count do not go together");
    }
    int most = once ? 1 : count == null ? Integer.MAX_VALUE : count;
    String place = endpoint.toString();
    var screen = new Screen(spec.commandLine());
    int shown = 0;
    try (var client = new DriverClient(place)) {
      DriverState before = client.ask();
      for (; shown < most; shown++) {
        // A rate needs two: the first is shown after an interval.
        Thread.sleep(interval);
        DriverState now = client.ask();
        show(screen, place, new TopView(LocalTime.now(ZoneId.systemDefault()), before, now));
        before = now;
      }
      return ExitCode.DONE.number();
    } catch (NoAnswerException e) {
      if (shown == 0) {
        throw new EnvironmentException(String.valueOf(e.getMessage()), e);
      }
      screen.lastLine("%s answers no more".formatted(place));
      // Who asked for a number of them has not got it.
      return (count == null ? ExitCode.DONE : ExitCode.FAILED).number();
    }
  }

  private static void show(Screen screen, String place, TopView view) {
    if (screen.isTerminal()) {
      screen.page(view.page(place));
    } else {
      view.plain().forEach(screen::text);
    }
  }
}
