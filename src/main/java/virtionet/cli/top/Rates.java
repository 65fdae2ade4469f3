package virtionet.cli.top;

import java.util.function.ToLongFunction;
import virtionet.net.Metric;

/**
 * How fast values grew between two states of a driver.
 *
 * @param seconds between them
 */
record Rates(DriverState.Values before, DriverState.Values now, double seconds) {

  /** Of a second; 0 where a driver that was started anew counts from the beginning. */
  double of(Metric metric) {
    return of(values -> values.of(metric));
  }

  double of(ToLongFunction<DriverState.Values> value) {
    long growth = value.applyAsLong(now) - value.applyAsLong(before);
    return growth <= 0 || seconds <= 0 ? 0 : growth / seconds;
  }
}
