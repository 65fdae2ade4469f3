package virtionet.cli.bench.dpdk;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The device that a contender drives, and that counts its frames: {@code judge.c}. */
final class Judge {
  private static final Duration START = Duration.ofSeconds(30);

  /** Beyond the time that a trial is to take: to connect, and for the last frames. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Child child;

  private Judge(Child child) {
    this.child = child;
  }

  /** A vhost-user device at a socket. */
  static Judge onSocket(Bench.Site site, Path socket) throws InterruptedException {
    Judge judge =
        start(site, List.of(), "net_vhost0,iface=%s,queues=1".formatted(socket), socket.toString());
    long deadline = System.nanoTime() + START.toNanos();
    while (!Files.exists(socket) && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return judge;
  }

  /** The far end of a wire through the kernel. */
  static Judge onWire(Bench.Site site) throws InterruptedException {
    return start(
        site,
        site.wire().inside(List.of()),
        "net_af_packet0,iface=" + VethPair.DEVICE,
        VethPair.DEVICE);
  }

  private static Judge start(Bench.Site site, List<String> before, String device, String place)
      throws InterruptedException {
    List<String> words = new ArrayList<>(before);
    // The core is named to DPDK: other threads than the one that counts belong elsewhere.
    words.addAll(List.of("setsid", site.judge().toString(), "-l", site.deviceCore()));
    words.addAll(site.memory("judge"));
    words.addAll(List.of("--vdev", device));
    Child child = site.cleanup().keep(Child.start("the judge at " + place, words));
    try {
      child.awaitLine("ready", START);
    } catch (BenchException | InterruptedException e) {
      site.cleanup().close(child);
      throw e;
    }
    return new Judge(child);
  }

  /** Whether the scheduler prefers it. */
  boolean isWeighted() {
    return child.isWeighted();
  }

  /**
   * Runs a trial.
   *
   * @param onBegin called when the measurement begins
   */
  Verdict run(Trial trial, Duration warmup, Duration measured, Runnable onBegin)
      throws InterruptedException {
    child.tell(trial.command(warmup, measured));
    child.awaitLine("begin", warmup.plus(GRACE));
    onBegin.run();
    Duration patience = measured.plus(GRACE);
    String histogram = trial.isTimed() ? child.awaitLine("histogram", patience) : "";
    return Verdict.of(child.awaitLine("result", patience), histogram);
  }

  Child child() {
    return child;
  }
}
