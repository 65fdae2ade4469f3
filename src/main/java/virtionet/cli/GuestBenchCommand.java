package virtionet.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import virtionet.cli.bench.FarEnd;
import virtionet.cli.bench.GuestBench;
import virtionet.cli.bench.Report;
import virtionet.net.MacAddress;

/** The host's side of {@code guest bench}, which starts it. */
@Command(
    name = "bench-host",
    hidden = true,
    description =
        "The host's side of `guest bench`: prints what QEMU's -netdev is to be, then listens on its"
            + " standard input to the guest, and shows a table when that ends.")
final class GuestBenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--mac", required = true, description = "Of the guest's device on the wire.")
  private String mac = "";

  @Option(
      names = "--window",
      converter = Count.class,
      defaultValue = "64",
      description = "Frames on the way at once (default: ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--warmup",
      converter = Count.class,
      defaultValue = "8",
      description = "Seconds of frames before each measurement (default: ${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--seconds",
      converter = Count.class,
      defaultValue = "3",
      description = "Seconds of each measurement (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(names = "--title", defaultValue = "", description = "Of the table.")
  private String title = "";

  @Option(names = "--json", description = "Write all numbers here too.")
  private @Nullable Path json;

  @Override
  public Integer call() throws IOException {
    var screen = new Screen(spec.commandLine());
    double loadBefore = load();
    try (var end = FarEnd.open();
        var guest = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      screen.line("%s", end.netdev());
      var bench =
          new GuestBench(
              end,
              MacAddress.parse(mac),
              window,
              Duration.ofSeconds(warmup),
              Duration.ofSeconds(seconds),
              line -> screen.line("%s", line));
      bench.run(guest);
      double loadAfter = load();
      screen.heading("Against the kernel's own driver, same guest: " + title);
      show(screen, bench.report());
      screen.line(
          "  median (least–most) of the rounds; frames: %d on the way; load of the host: %.1f"
              + " before, %.1f after",
          window, loadBefore, loadAfter);
      write(bench, loadBefore, loadAfter);
      bench.errors().forEach(error -> screen.line("error: %s", error));
      return (bench.errors().isEmpty() ? ExitCode.DONE : ExitCode.FAILED).number();
    }
  }

  private static void show(Screen screen, Report report) {
    List<List<String>> rows =
        report.lines().stream()
            .map(
                line ->
                    List.of(
                        line.measure(), line.kernel(), line.virtionet(), line.ratio(), line.goal()))
            .toList();
    screen.table(List.of("", "kernel", "virtionet", "virtionet/kernel", "goal"), rows);
  }

  private void write(GuestBench bench, double loadBefore, double loadAfter) throws IOException {
    if (json == null) {
      return;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("title", title);
    all.put("window", window);
    all.put("load", List.of(loadBefore, loadAfter));
    all.put("rounds", bench.report().numbers());
    all.put("errors", bench.errors());
    Files.writeString(
        json,
        JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all) + System.lineSeparator());
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }
}
