package virtionet.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import virtionet.cli.trace.ActorTree;
import virtionet.cli.trace.DataPath;
import virtionet.cli.trace.TimeLine;
import virtionet.observe.trace.Interrupted;
import virtionet.observe.trace.Interruptions;
import virtionet.observe.trace.Trace;
import virtionet.observe.trace.TraceException;

/** Shows what a recording tells of the driver. */
@Command(
    name = "trace",
    description = {
      "Shows a flight recording of the driver, as --record makes one: its actors with what they"
          + " handled and how long that took, the batches of frames, the states of devices,"
          + " failures, and one interrupt from its line to the consumer."
    })
final class TraceCommand implements Callable<Integer> {
  private static final String MEDIAN = "median";
  private static final String SLOWEST = "slowest";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "The recording.")
  private Path file = Path.of("");

  @Option(
      names = "--interrupt",
      paramLabel = "N",
      defaultValue = MEDIAN,
      description =
          "Which interrupt of the device to show: its number, median or slowest, from line to"
              + " consumer (default: ${DEFAULT-VALUE}).")
  private String interrupt = MEDIAN;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Only the frames of this device (default: of each).")
  private @Nullable String device;

  @Override
  public Integer call() {
    OptionalLong number = number();
    Trace trace = Trace.read(file);
    List<String> devices = devices(trace);
    var screen = new Screen(spec.commandLine());
    screen.line(
        "%s: %,.3f s, from %s",
        file, Duration.between(trace.begin(), trace.end()).toNanos() / 1e9, trace.begin());
    var actors = new ActorTree(trace);
    screen.heading("Actors");
    screen.table(ActorTree.header(), actors.rows());
    screen.heading("Messages and signals");
    screen.table(ActorTree.messageHeader(), actors.messageRows());
    for (String each : devices) {
      Interruptions interrupts = Interruptions.of(trace, each);
      showDataPath(screen, each, new DataPath(trace, each, interrupts));
      showInterrupt(screen, each, interrupts, number);
    }
    showStates(screen, trace);
    showRestarts(screen, trace);
    return ExitCode.DONE.number();
  }

  /** Empty for one that is found by its time. */
  private OptionalLong number() {
    if (interrupt.equals(MEDIAN) || interrupt.equals(SLOWEST)) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(interrupt));
    } catch (NumberFormatException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--interrupt '%s': a number, %s or %s".formatted(interrupt, MEDIAN, SLOWEST));
    }
  }

  private List<String> devices(Trace trace) {
    List<String> known = DataPath.devices(trace);
    if (device == null) {
      return known;
    }
    if (!known.contains(device)) {
      throw new TraceException(
          "%s tells nothing of a device %s; it does of %s"
              .formatted(file, device, known.isEmpty() ? "none" : String.join(", ", known)));
    }
    return List.of(device);
  }

  private static void showDataPath(Screen screen, String device, DataPath frames) {
    screen.heading("Received by " + device);
    screen.line("  %s", frames.receivedSummary());
    screen.table(DataPath.header("from the line to"), frames.receivedRows());
    screen.heading("Transmitted by " + device);
    screen.line("  %s", frames.sentSummary());
    screen.table(DataPath.header("from the client's first frame to"), frames.sentRows());
  }

  private void showInterrupt(
      Screen screen, String of, Interruptions interrupts, OptionalLong number) {
    if (interrupts.all().isEmpty() && number.isEmpty()) {
      return;
    }
    Optional<Interrupted> wanted =
        number.isPresent()
            ? interrupts.number(number.getAsLong())
            : interrupt.equals(MEDIAN) ? interrupts.median() : interrupts.slowest();
    screen.heading(
        "Interrupt %s of %s, from its line to the consumer"
            .formatted(wanted.map(one -> Long.toString(one.number())).orElse(interrupt), of));
    wanted.ifPresentOrElse(
        one -> screen.table(TimeLine.header(), TimeLine.rows(one)),
        () -> screen.line("  %s", whyNone(interrupts, number)));
  }

  private static String whyNone(Interruptions interrupts, OptionalLong number) {
    List<Interrupted> all = interrupts.all();
    if (number.isEmpty()) {
      return "no client is known to have taken a frame";
    }
    return all.isEmpty()
        ? "none is recorded that brought frames"
        : "not recorded, or it brought no frames: those from %d to %d are there, %d of them"
            .formatted(all.getFirst().number(), all.getLast().number(), all.size());
  }

  private static void showStates(Screen screen, Trace trace) {
    if (!trace.changes().isEmpty()) {
      screen.heading("States of devices");
      screen.table(
          List.of("after", "device", "from", "to", "had lasted", "why"),
          trace.changes().stream()
              .map(
                  change ->
                      List.of(
                          after(trace, change.at()),
                          change.device(),
                          change.from(),
                          change.to(),
                          seconds(change.lasted()),
                          change.reason()))
              .toList());
    }
  }

  private static void showRestarts(Screen screen, Trace trace) {
    screen.heading("Actors that failed");
    if (trace.restarts().isEmpty()) {
      screen.line("  none");
      return;
    }
    screen.table(
        List.of("after", "actor", "and was", "because of"),
        trace.restarts().stream()
            .map(
                restart ->
                    List.of(
                        after(trace, restart.at()),
                        restart.actor(),
                        restart.decision(),
                        restart.failure()))
            .toList());
  }

  private static String after(Trace trace, Instant at) {
    return seconds(Duration.between(trace.begin(), at).toNanos());
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.3f s", nanos / 1e9);
  }
}
