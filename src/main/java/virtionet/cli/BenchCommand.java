package virtionet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import virtionet.cli.bench.contender.Mode;
import virtionet.cli.bench.dpdk.Bench;
import virtionet.cli.bench.dpdk.Contender;
import virtionet.cli.bench.dpdk.Json;
import virtionet.cli.bench.dpdk.Plot;
import virtionet.cli.bench.dpdk.Report;
import virtionet.cli.bench.dpdk.Results;

/** Measures the driver against DPDK's and against AF_PACKET, on one kind of device. */
@Command(
    name = "bench",
    description = {
      "Measures the driver against DPDK's own (virtio-user) and against AF_PACKET over veth, as"
          + " root.",
      "",
      "The device is a small DPDK program on a core of its own, which makes the frames and counts"
          + " and checks those that come back; each contender drives it from another core. They"
          + " take turns round by round, and ratios are those of the same round. Huge pages and a"
          + " network namespace are set up for it, and given back.",
      "",
      "io: each frame is sent back; with 256 on the way, with one, and at 100,000 and 1,000,000 a"
          + " second for the time of their round trips. rx: the contender receives. tx: it sends."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int QUICK_MILLIS = 200;
  private static final int QUICK_WARMUP_MILLIS = 500;
  private static final int SMALLEST = 64;
  private static final int LARGEST = 1514;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--contenders",
      paramLabel = "WHO,…",
      defaultValue = Contender.USUAL,
      description = {
        "Who takes part (default: ${DEFAULT-VALUE}). Behind a colon each may be otherwise than"
            + " usual: dpdk:packed; batch and frame: poll (busy-poll = 100us); raw, batch and"
            + " frame: split, paranoid, parallel or zgc (the JVM's collector, else G1);"
            + " batch and frame, observed: record, metrics, spans; frame: pcap; packet:batch;"
            + " packet-java:parallel, :zgc."
      })
  private String contenders = Contender.USUAL;

  @Option(
      names = "--modes",
      paramLabel = "MODE,…",
      split = ",",
      defaultValue = "io,rx,tx",
      description = "What they do (default: ${DEFAULT-VALUE}).")
  private List<String> modes = List.of();

  @Option(
      names = "--sizes",
      paramLabel = "BYTES,…",
      split = ",",
      converter = Count.class,
      defaultValue = "64,1500",
      description = "Bytes of a frame, from 64 to 1514 (default: ${DEFAULT-VALUE}).")
  private List<Integer> sizes = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      converter = Count.class,
      defaultValue = "5",
      description = "Turns of each contender (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      converter = Count.class,
      defaultValue = "2",
      description = "How long each measurement lasts (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      converter = Count.class,
      defaultValue = "5",
      description = "Of each JVM, before its first measurement (default: ${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--cores",
      paramLabel = "DEVICE,CONTENDER",
      split = ",",
      defaultValue = "1,0",
      description = "Processors to use (default: ${DEFAULT-VALUE}).")
  private List<Integer> cores = List.of();

  @Option(names = "--json", paramLabel = "FILE", description = "Write every number here.")
  private @Nullable Path json;

  @Option(names = "--svg", paramLabel = "FILE", description = "Draw the numbers here.")
  private @Nullable Path svg;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description = "Measure nothing: draw --svg from the JSON of an earlier run.")
  private @Nullable Path from;

  @Option(
      names = "--quick",
      description = "One round of blinks: shows that all works, and no figure that counts.")
  private boolean quick;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var screen = new Screen(spec.commandLine());
    if (from != null) {
      return draw(screen, from);
    }
    Bench.Plan plan = plan();
    refuseUnwritable(json);
    refuseUnwritable(svg);
    Bench.checkSystem();
    Results results = new Bench(plan, line -> screen.line("%s", line)).run();
    show(screen, results);
    write(results);
    results.errors().forEach(error -> screen.line("error: %s", error));
    screen.lastLine(new Report(results).lastLine());
    return (results.errors().isEmpty() ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private Bench.Plan plan() {
    try {
      sizes.forEach(
          size -> {
            if (size < SMALLEST || size > LARGEST) {
              throw new IllegalArgumentException(
                  "--sizes: %d is not from %d to %d".formatted(size, SMALLEST, LARGEST));
            }
          });
      if (cores.size() != 2
          || cores.get(0).equals(cores.get(1))
          || cores.stream().anyMatch(core -> core < 0)) {
        throw new IllegalArgumentException(
            "--cores: two different processors are needed, such as 1,0");
      }
      return new Bench.Plan(
          Contender.parseAll(contenders),
          modes.stream().map(Mode::of).distinct().toList(),
          sizes.stream().distinct().toList(),
          quick ? 1 : rounds,
          quick ? Duration.ofMillis(QUICK_WARMUP_MILLIS) : Duration.ofSeconds(warmup),
          quick ? Duration.ofMillis(QUICK_MILLIS) : Duration.ofSeconds(seconds),
          cores.get(0),
          cores.get(1));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Better now than after half an hour. */
  private void refuseUnwritable(@Nullable Path file) {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isWritable(folder) || Files.isDirectory(file)) {
      throw new ParameterException(spec.commandLine(), "%s cannot be written".formatted(file));
    }
  }

  private Integer draw(Screen screen, Path numbers) throws IOException {
    if (svg == null) {
      throw new ParameterException(spec.commandLine(), "--from needs --svg");
    }
    Plot.write(numbers, svg);
    screen.line("drawn: %s", svg);
    return ExitCode.DONE.number();
  }

  private static void show(Screen screen, Results results) {
    var report = new Report(results);
    for (Report.Table table : report.tables()) {
      screen.heading(table.title());
      screen.table(table.header(), table.rows());
    }
    screen.line("");
    screen.line("median (least–most) of the rounds; a ratio is one of the same round");
    report.noise().forEach(screen::text);
  }

  private void write(Results results) throws IOException {
    if (json != null) {
      Json.write(results, json);
    }
    if (svg != null) {
      Plot.write(results, svg);
    }
  }
}
