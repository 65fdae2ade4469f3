package virtionet.cli.soak;

import java.time.Duration;
import java.util.List;
import virtionet.machine.qemu.QemuOptions;

/**
 * What a soak is to do.
 *
 * @param length how long faults are provoked
 * @param pause between two of them, on the average; each is from half as long to one and a half
 * @param kinds of faults, each at least once if there is time
 * @param seed of the frames, the faults and the pauses
 * @param qemu the machine but for its card and wire
 */
public record SoakPlan(
    Duration length, Duration pause, List<FaultKind> kinds, long seed, QemuOptions qemu) {
  public SoakPlan {
    kinds = List.copyOf(kinds);
    if (kinds.isEmpty() || length.isNegative() || length.isZero() || pause.isNegative()) {
      throw new IllegalArgumentException(
          "a soak of %s with %s faults, %s apart".formatted(length, kinds.size(), pause));
    }
  }
}
