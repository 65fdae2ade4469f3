package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import virtionet.cli.bench.contender.Mode;
import virtionet.cli.bench.contender.Traffic;

/**
 * All contenders, in turns: in each round and mode each of them gets a new device of the same kind,
 * and then its trials. Sets the system up for it, and as it was again.
 */
public final class Bench {
  /** Of 2 MiB: two processes of DPDK and the driver's memory, with some to spare. */
  private static final int HUGE_PAGES = 180;

  private static final String MEGABYTES_EACH = "128";
  private static final Duration SETTLE = Duration.ofMillis(500);

  /**
   * What is to be measured.
   *
   * @param warmup before a contender's first trial, so that a JVM has compiled what it needs
   * @param measured how long each measurement lasts
   * @param deviceCore processor of the device
   * @param contenderCore processor of the contender
   */
  public record Plan(
      List<Contender> contenders,
      List<Mode> modes,
      List<Integer> sizes,
      int rounds,
      Duration warmup,
      Duration measured,
      int deviceCore,
      int contenderCore) {}

  /**
   * What the parts of a run share.
   *
   * @param folder of sockets
   */
  record Site(
      Path folder,
      Path judge,
      Path packet,
      VethPair wire,
      Cleanup cleanup,
      String deviceCore,
      String contenderCore) {

    /** What DPDK is to be told of memory, and of no other devices. */
    List<String> memory(String who) {
      return List.of(
          "--no-pci",
          "--in-memory",
          "-m",
          MEGABYTES_EACH,
          "--file-prefix",
          "virtionet-bench-%d-%s".formatted(ProcessHandle.current().pid(), who));
    }
  }

  /** Trials that go to one process of a contender, one after the other. */
  private record Session(Traffic traffic, List<Trial> trials) {}

  private final Plan plan;
  private final Consumer<String> people;
  private final Results results;
  private int sockets;

  /**
   * @param people who watch
   */
  public Bench(Plan plan, Consumer<String> people) {
    this.plan = plan;
    this.people = people;
    results = new Results(plan);
  }

  /**
   * Looks whether the system has what a run needs.
   *
   * @throws virtionet.machine.MachineUnavailableException that says what it lacks, and the remedy
   */
  public static void checkSystem() {
    Tools.check(
        System.getenv().getOrDefault("PATH", ""),
        Tools.isRoot(),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * Runs all.
   *
   * @throws BenchException when the system does not do as it should; what goes wrong with one
   *     contender is among the results
   */
  public Results run() throws IOException, InterruptedException {
    try (var cleanup = new Cleanup()) {
      Noise.Begun noise = Noise.beginning();
      measure(site(cleanup));
      results.noise(noise.end());
    }
    return results;
  }

  private Site site(Cleanup cleanup) throws IOException, InterruptedException {
    var folder =
        Files.createTempDirectory(
            "virtionet-bench-%d-".formatted(ProcessHandle.current().pid()),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    cleanup.keep(new Folder(folder));
    people.accept("Compiling the device …");
    Path judge = Tools.compile("judge", folder, "-O3 -march=native", Tools.dpdk());
    Path packet = Tools.compile("packet", folder, "-O2 -pthread", List.of());
    cleanup.keep(HugePages.reserve(HUGE_PAGES));
    VethPair wire = cleanup.keep(VethPair.create());
    return new Site(
        folder,
        judge,
        packet,
        wire,
        cleanup,
        Integer.toString(plan.deviceCore()),
        Integer.toString(plan.contenderCore()));
  }

  private void measure(Site site) throws InterruptedException {
    Map<Mode, List<Session>> sessions = new LinkedHashMap<>();
    plan.modes().forEach(mode -> sessions.put(mode, sessions(mode)));
    for (int round = 1; round <= plan.rounds(); round++) {
      people.accept("Round %d of %d".formatted(round, plan.rounds()));
      // Each is first in some round: what has just run may have left something behind.
      List<Contender> turn = new ArrayList<>(plan.contenders());
      Collections.rotate(turn, 1 - round);
      for (List<Session> ofMode : sessions.values()) {
        for (Session session : ofMode) {
          for (Contender contender : turn) {
            attempt(site, contender, session, round);
          }
        }
      }
    }
  }

  /** A sender makes its frames itself, and so knows one size from its start. */
  private List<Session> sessions(Mode mode) {
    List<Trial> trials = Trial.all(List.of(mode), plan.sizes());
    if (mode != Mode.TX) {
      return List.of(new Session(new Traffic(mode, trials.getFirst().size()), trials));
    }
    return trials.stream()
        .map(trial -> new Session(new Traffic(mode, trial.size()), List.of(trial)))
        .toList();
  }

  private void attempt(Site site, Contender contender, Session session, int round)
      throws InterruptedException {
    try {
      run(site, contender, session, round);
    } catch (BenchException e) {
      if (site.cleanup().isOver()) {
        throw e;
      }
      results.error("round %d, %s: %s".formatted(round, contender.name(), e.getMessage()));
      people.accept("  error: " + e.getMessage());
    }
  }

  private void run(Site site, Contender contender, Session session, int round)
      throws InterruptedException {
    Path socket = site.folder().resolve("vhost-%d.sock".formatted(++sockets));
    Judge judge = contender.kind().isKernel() ? Judge.onWire(site) : Judge.onSocket(site, socket);
    try {
      Child child = new Starter(site).start(contender, socket, session.traffic());
      try {
        results.weighted(judge.isWeighted() && child.isWeighted());
        Duration warmup = contender.kind().isJava() ? plan.warmup() : SETTLE;
        for (Trial trial : session.trials()) {
          Measurement measured =
              new Observer(judge, child, contender.kind().isJava())
                  .measure(trial, round, warmup, plan.measured());
          results.add(contender, trial, measured);
          people.accept("  " + Report.line(contender, trial, measured));
          warmup = SETTLE;
        }
      } finally {
        site.cleanup().close(child);
      }
    } finally {
      site.cleanup().close(judge.child());
    }
  }
}
