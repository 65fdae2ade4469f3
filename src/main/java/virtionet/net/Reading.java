package virtionet.net;

import java.util.Objects;
import java.util.Optional;

/**
 * A metric's value at a moment.
 *
 * @param place which queue, direction or state, for a gauge with a {@linkplain Gauge#dimension()
 *     dimension}
 */
public record Reading(Metric metric, Optional<String> place, long value) {
  public Reading {
    Objects.requireNonNull(metric, "metric");
    Objects.requireNonNull(place, "place");
  }

  /** Of a counter. */
  public static Reading of(Counter counter, long value) {
    return new Reading(counter, Optional.empty(), value);
  }
}
