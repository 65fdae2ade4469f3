package virtionet.cli.bench.dpdk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import virtionet.cli.bench.contender.Mode;

/**
 * One thing that is measured of each contender.
 *
 * @param mode what it does
 * @param size bytes of a frame
 * @param inFlight frames on the way at once, where the same frames go round
 * @param rate frames that the device sends a second; 0: as many as go
 */
public record Trial(Mode mode, int size, int inFlight, int rate) {
  /** What the last line and the goals are about. */
  static final Trial MAIN = new Trial(Mode.IO, 64, 256, 0);

  private static final int FULL = 256;
  private static final List<Integer> RATES = List.of(100_000, 1_000_000);

  /** All of a run, those of a mode together. */
  static List<Trial> all(List<Mode> modes, List<Integer> sizes) {
    List<Trial> trials = new ArrayList<>();
    for (Mode mode : modes) {
      for (int size : sizes) {
        trials.add(new Trial(mode, size, FULL, 0));
      }
      if (mode == Mode.IO) {
        int smallest = sizes.stream().min(Integer::compare).orElseThrow();
        trials.add(new Trial(mode, smallest, 1, 0));
        RATES.forEach(rate -> trials.add(new Trial(mode, smallest, FULL, rate)));
      }
    }
    return trials;
  }

  /** Whether the device takes the time of each frame. */
  boolean isTimed() {
    return mode == Mode.IO && (rate > 0 || inFlight == 1);
  }

  /** What the judge is told. */
  String command(Duration warmup, Duration measured) {
    return "run %s %d %d %d %d %d"
        .formatted(mode.word(), size, inFlight, rate, warmup.toMillis(), measured.toMillis());
  }

  /** For people, and in JSON. */
  String title() {
    if (rate > 0) {
      return "io %d B, %,d frames/s".formatted(size, rate);
    }
    return mode == Mode.IO
        ? "io %d B, %d in flight".formatted(size, inFlight)
        : "%s %d B".formatted(mode.word(), size);
  }
}
