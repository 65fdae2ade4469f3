package virtionet.cli.bench.dpdk;

import java.util.Set;
import virtionet.cli.bench.contender.Mode;
import virtionet.cli.bench.dpdk.Contender.Variant;

/** What the driver has set itself, against DPDK as it is by default. */
final class Goals {
  private Goals() {}

  /** Empty where there is none. */
  static String of(Contender contender, Trial trial) {
    if (!Set.of(Variant.POLL).containsAll(contender.variants())) {
      return "";
    }
    if (trial.rate() > 0) {
      return trial.rate() == 1_000_000 && isOurs(contender) ? "at most 3" : "";
    }
    if (trial.inFlight() == 1) {
      return isOurs(contender) ? "at most 1.25" : "";
    }
    boolean small = trial.size() == 64;
    return switch (contender.kind()) {
      case RAW -> trial.mode() == Mode.TX ? "" : trial.mode() == Mode.RX ? "0.9" : "1.0";
      case BATCH ->
          switch (trial.mode()) {
            case IO -> small ? "0.9" : "1.0";
            case RX -> "0.9";
            case TX -> "";
          };
      case FRAME -> small && trial.mode() == Mode.IO ? "0.65" : "";
      case DPDK, PACKET, PACKET_JAVA -> "";
    };
  }

  private static boolean isOurs(Contender contender) {
    return switch (contender.kind()) {
      case RAW, BATCH -> true;
      case FRAME, DPDK, PACKET, PACKET_JAVA -> false;
    };
  }
}
