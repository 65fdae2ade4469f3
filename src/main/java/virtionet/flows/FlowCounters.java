package virtionet.flows;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a flow in the middle materializes to: what it has counted so far. Any thread.
 *
 * @see Tracer
 */
public final class FlowCounters {
  private final Map<FlowCounter, LongAdder> values = new EnumMap<>(FlowCounter.class);

  FlowCounters() {
    for (FlowCounter counter : FlowCounter.values()) {
      values.put(counter, new LongAdder());
    }
  }

  void increment(FlowCounter counter) {
    value(counter).increment();
  }

  private LongAdder value(FlowCounter counter) {
    return Objects.requireNonNull(values.get(Objects.requireNonNull(counter, "counter")));
  }

  public long get(FlowCounter counter) {
    return value(counter).sum();
  }

  /** All that went no further. */
  public long dropped() {
    long sum = 0;
    for (FlowCounter counter : FlowCounter.values()) {
      sum += counter.isDrop() ? get(counter) : 0;
    }
    return sum;
  }

  /** All values, each as it stands when it is its turn. */
  public Map<FlowCounter, Long> snapshot() {
    var snapshot = new EnumMap<FlowCounter, Long>(FlowCounter.class);
    values.forEach((counter, value) -> snapshot.put(counter, value.sum()));
    return Collections.unmodifiableMap(snapshot);
  }

  @Override
  public String toString() {
    var counted = new EnumMap<FlowCounter, Long>(snapshot());
    counted.values().removeIf(count -> count == 0);
    return counted.toString();
  }
}
