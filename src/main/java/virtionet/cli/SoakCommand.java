package virtionet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import virtionet.cli.soak.FaultKind;
import virtionet.cli.soak.Soak;
import virtionet.cli.soak.SoakPlan;
import virtionet.cli.soak.SoakReport;
import virtionet.machine.qemu.QemuOptions;

/** Breaks QEMU again and again under traffic. */
@Command(
    name = "soak",
    description = {
      "Lets frames go round through QEMU's network device and breaks that device every few seconds."
          + " Prints how many faults were survived, how long recoveries took, what became of each"
          + " frame, and whether memory stays flat; ends with 1 when something was lost.",
      "",
      "Faults: needs-reset, a descriptor loop at which QEMU asks for a reset; ring-violation, a"
          + " used index that cannot be; system-reset of the machine; kill of QEMU; restart, as an"
          + " application asks for it; actor, the driver's own actor fails; link, down and up a"
          + " hundred times a second; stop of QEMU's process for some seconds."
    })
final class SoakCommand implements Callable<Integer> {
  private static final long LAST_WORDS_SECONDS = 90;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "2",
      converter = Minutes.class,
      description = "How long faults are provoked (default: ${DEFAULT-VALUE}).")
  private Duration length = Duration.ofMinutes(2);

  @Option(
      names = "--faults",
      paramLabel = "KIND",
      split = ",",
      converter = Kind.class,
      description = "Only these (default: all).")
  private List<FaultKind> kinds = List.of(FaultKind.values());

  @Option(
      names = "--pause",
      paramLabel = "SECONDS",
      defaultValue = "2.5",
      converter = Seconds.class,
      description = "From one fault's end to the next, on the average (default: ${DEFAULT-VALUE}).")
  private Duration pause = Duration.ofMillis(2500);

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of frames, faults and pauses (default: another one each time).")
  private @Nullable Long seed;

  @Mixin private QemuMixin qemu = new QemuMixin();

  @Mixin private MetricsMixin metrics = new MetricsMixin();

  @Override
  public Integer call() throws InterruptedException, IOException {
    var screen = new Screen(spec.commandLine());
    QemuOptions machine = QemuOptions.of(qemu.architecture());
    var plan =
        new SoakPlan(
            length,
            pause,
            kinds,
            seed == null ? System.nanoTime() : seed,
            qemu.binary().map(machine::withBinary).orElse(machine));
    screen.line(
        "%.1f minutes, a fault about every %.1f s: %s; seed %d",
        length.toMillis() / 60e3,
        pause.toMillis() / 1e3,
        String.join(", ", plan.kinds().stream().map(FaultKind::toString).toList()),
        plan.seed());
    var soak = new Soak(plan, screen::text, metrics.start());
    var done = new CountDownLatch(1);
    var interrupted = new Thread(() -> endEarly(soak, done));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try (var _ = Quiet.unless(VirtionetCommand.of(spec.commandLine()).verbose())) {
      SoakReport report = soak.run();
      show(screen, report);
      return (report.passed() ? ExitCode.DONE : ExitCode.FAILED).number();
    } finally {
      done.countDown();
      forget(interrupted);
    }
  }

  private static void show(Screen screen, SoakReport report) {
    screen.heading(
        "Faults, and milliseconds from each until it was noticed, until the device was"
            + " up, until a frame had gone round");
    screen.table(SoakReport.faultHeader(), report.faultRows());
    screen.heading("Frames");
    screen.table(List.of("", ""), report.frameRows());
    screen.heading("Process");
    screen.table(SoakReport.footprintHeader(), report.footprintRows());
    report.complaints().forEach(complaint -> screen.line("wrong: %s", complaint));
    screen.lastLine(report.lastLine());
  }

  /** The user ends it: what was found so far is said all the same. */
  private static void endEarly(Soak soak, CountDownLatch done) {
    soak.stop();
    try {
      if (!done.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
        Thread.currentThread().interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, by the user's wish.
    }
  }

  /**
   * No log while it is open: each fault would be a warning, and each actor that is made to fail a
   * stack trace.
   */
  private record Quiet(Map<Logger, Optional<Level>> before) implements AutoCloseable {
    static Quiet unless(boolean verbose) {
      Map<Logger, Optional<Level>> before = new HashMap<>();
      for (String name : verbose ? List.<String>of() : List.of("virtionet", "akka")) {
        if (LoggerFactory.getLogger(name) instanceof Logger logger) {
          before.put(logger, Optional.ofNullable(logger.getLevel()));
          logger.setLevel(Level.OFF);
        }
      }
      return new Quiet(before);
    }

    @Override
    public void close() {
      before.forEach((logger, level) -> logger.setLevel(level.orElse(null)));
    }
  }

  /** Reads a kind of fault. */
  static final class Kind implements ITypeConverter<FaultKind> {
    @Override
    public FaultKind convert(String value) {
      try {
        return FaultKind.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Reads minutes, also parts of one. */
  static final class Minutes implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return duration(value, "minutes", 0.05, 10_000, 60_000);
    }
  }

  /** Reads seconds, also parts of one. */
  static final class Seconds implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return duration(value, "seconds", 0.1, 3_600, 1_000);
    }
  }

  private static Duration duration(
      String value, String unit, double least, double most, double millis) {
    try {
      double number = Double.parseDouble(value);
      if (number >= least && number <= most) {
        return Duration.ofMillis(Math.round(number * millis));
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new TypeConversionException(
        "'%s' is no number of %s from %s to %s".formatted(value, unit, least, most));
  }
}
