package virtionet.cli.bench.dpdk;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What was measured of a contender in one trial of one round.
 *
 * @param round from 1
 * @param rate frames a second, by the device's count
 * @param lost frames that did not come back
 * @param changed frames that came back with other bytes
 * @param trips round trips in nanoseconds by their percentiles; empty where none were taken
 * @param allocated bytes of the Java heap for each frame; empty for what is not Java
 * @param collecting milliseconds of garbage collection in the time measured
 * @param deviceShare how much of the time the device had its core, from 0 to 1
 * @param contenderShare how many cores the contender used
 */
record Measurement(
    int round,
    double rate,
    long lost,
    long changed,
    Map<Double, Double> trips,
    OptionalDouble allocated,
    long collecting,
    double deviceShare,
    double contenderShare) {

  /** For JSON. */
  Map<String, Object> numbers() {
    Map<String, Object> numbers = new LinkedHashMap<>();
    numbers.put("round", round);
    numbers.put("framesPerSecond", rate);
    numbers.put("lost", lost);
    numbers.put("changed", changed);
    if (!trips.isEmpty()) {
      Map<String, Double> named = new LinkedHashMap<>();
      trips.forEach((percentile, nanos) -> named.put("p" + plain(percentile), nanos));
      numbers.put("roundTripNanos", named);
    }
    allocated.ifPresent(
        bytes -> {
          numbers.put("allocatedBytesPerFrame", bytes);
          numbers.put("collectionMillis", collecting);
        });
    numbers.put("deviceCoreShare", deviceShare);
    numbers.put("contenderCores", contenderShare);
    return numbers;
  }

  /** 50 or 99.9. */
  static String plain(double percentile) {
    return percentile == Math.rint(percentile)
        ? Long.toString((long) percentile)
        : Double.toString(percentile);
  }
}
