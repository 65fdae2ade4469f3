package virtionet.cli;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import virtionet.cli.bench.contender.Contenders;
import virtionet.cli.bench.contender.Contenders.Variation;
import virtionet.cli.bench.contender.Load;
import virtionet.cli.bench.contender.Mode;
import virtionet.cli.bench.contender.Traffic;
import virtionet.observe.trace.TraceRecording;

/** A contender of {@code bench}, which starts it. */
@Command(
    name = "bench-contender",
    hidden = true,
    description =
        "A contender of `bench`: says `ready`, answers each line `mark` with what was allocated,"
            + " and ends with its standard input.")
final class ContenderCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME")
  private String name = "";

  @Option(
      names = "--at",
      required = true,
      description = "The device: a vhost-user socket, or a network interface.")
  private String place = "";

  @Option(names = "--mode", defaultValue = "io", description = "io, rx or tx.")
  private String mode = "io";

  @Option(names = "--size", converter = Count.class, defaultValue = "64")
  private int size;

  @Option(names = "--split")
  private boolean split;

  @Option(names = "--paranoid")
  private boolean paranoid;

  @Option(names = "--poll")
  private boolean poll;

  @Option(names = "--record")
  private boolean record;

  @Option(names = "--metrics")
  private boolean metrics;

  @Option(names = "--spans")
  private boolean spans;

  @Option(names = "--pcap")
  private boolean pcap;

  @Override
  public Integer call() throws IOException {
    if (!record) {
      return run();
    }
    Path file = Files.createTempFile("virtionet-bench", ".jfr");
    try (var _ = TraceRecording.start(file)) {
      return run();
    } finally {
      Files.delete(file);
    }
  }

  private int run() throws IOException {
    var screen = new Screen(spec.commandLine());
    var traffic = new Traffic(Mode.of(mode), size);
    var variation = new Variation(split, paranoid, poll, metrics, spans, pcap);
    try (Load load = Contenders.open(name, place, traffic, variation);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      load.start();
      screen.line("ready");
      for (String line; (line = in.readLine()) != null && !line.equals("quit"); ) {
        if (!load.failure().isEmpty()) {
          screen.line("error %s", load.failure());
          return ExitCode.FAILED.number();
        }
        screen.line("mark allocated %d gc-ms %d", allocated(), collecting());
      }
    }
    return ExitCode.DONE.number();
  }

  private static long allocated() {
    return ManagementFactory.getPlatformMXBean(ThreadMXBean.class).getTotalThreadAllocatedBytes();
  }

  private static long collecting() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }
}
