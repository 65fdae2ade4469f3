package virtionet.tcpip;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** A stack's counters. The stack counts, any thread reads. */
final class TcpIpCounters {
  private final Map<TcpIpCounter, LongAdder> values = new EnumMap<>(TcpIpCounter.class);

  TcpIpCounters() {
    for (TcpIpCounter counter : TcpIpCounter.values()) {
      values.put(counter, new LongAdder());
    }
  }

  void increment(TcpIpCounter counter) {
    adder(counter).increment();
  }

  long get(TcpIpCounter counter) {
    return adder(counter).sum();
  }

  private LongAdder adder(TcpIpCounter counter) {
    return Objects.requireNonNull(values.get(counter));
  }

  Map<TcpIpCounter, Long> snapshot() {
    Map<TcpIpCounter, Long> snapshot = new EnumMap<>(TcpIpCounter.class);
    values.forEach((counter, adder) -> snapshot.put(counter, adder.sum()));
    return snapshot;
  }
}
