package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What else the machine did in a time.
 *
 * @param stolen share of the processors' time that the host gave to others, from 0 to 1
 * @param busy share in which they had something to do, the run's own included
 * @param loadBefore of the last minute
 * @param loadAfter the same at the end
 */
record Noise(double stolen, double busy, double loadBefore, double loadAfter) {
  private static final int IDLE = 3;
  private static final int IOWAIT = 4;
  private static final int STEAL = 7;

  /** The counters at its beginning. */
  static final class Begun {
    private final long[] begun = Noise.ticks(Files.readString(Path.of("/proc/stat")));
    private final double load = loadNow();

    private Begun() throws IOException {}

    Noise end() throws IOException {
      long[] passed = Noise.ticks(Files.readString(Path.of("/proc/stat")));
      Arrays.setAll(passed, i -> passed[i] - begun[i]);
      return of(passed, load, loadNow());
    }
  }

  static Begun beginning() throws IOException {
    return new Begun();
  }

  static Noise of(long[] ticks, double loadBefore, double loadAfter) {
    double all = Math.max(1, Arrays.stream(ticks).sum());
    return new Noise(
        ticks[STEAL] / all, 1 - (ticks[IDLE] + ticks[IOWAIT]) / all, loadBefore, loadAfter);
  }

  /** The first line of proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal. */
  static long[] ticks(String stat) {
    String[] words = stat.lines().findFirst().orElseThrow().split(" +", -1);
    return Arrays.stream(words, 1, 2 + STEAL).mapToLong(Long::parseLong).toArray();
  }

  private static double loadNow() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0]);
  }

  Map<String, Object> numbers() {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("stolen", stolen);
    numbers.put("busy", busy);
    numbers.put("loadBefore", loadBefore);
    numbers.put("loadAfter", loadAfter);
    return numbers;
  }
}
