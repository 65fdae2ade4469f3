package virtionet.net;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * One value for each {@link Counter}. Any thread may add and read. Whoever adds often has a share
 * of his own, which costs less.
 */
public final class Counters {
  private final Map<Counter, LongAdder> values = new EnumMap<>(Counter.class);
  private final Map<Integer, CounterShare> ofQueues = new HashMap<>();

  /** These, and those of others. */
  private final List<CounterShare> shares = new ArrayList<>();

  public Counters() {
    for (Counter counter : Counter.values()) {
      values.put(counter, new LongAdder());
    }
  }

  private LongAdder value(Counter counter) {
    return Objects.requireNonNull(values.get(Objects.requireNonNull(counter, "counter")));
  }

  public void increment(Counter counter) {
    value(counter).increment();
  }

  public void add(Counter counter, long amount) {
    if (amount != 0) {
      value(counter).add(amount);
    }
  }

  public synchronized long get(Counter counter) {
    long sum = value(counter).sum();
    for (CounterShare share : shares) {
      sum += share.get(counter);
    }
    return sum;
  }

  /** The share of a virtqueue's owner: the same in each life of the device. */
  synchronized CounterShare ofQueue(int index) {
    return ofQueues.computeIfAbsent(index, _ -> share());
  }

  /** A share for an owner who {@linkplain #end ends} it. */
  public synchronized CounterShare share() {
    var share = new CounterShare();
    shares.add(share);
    return share;
  }

  /** Its owner adds no more; what he has added stays. */
  public synchronized void end(CounterShare share) {
    if (shares.remove(Objects.requireNonNull(share, "share"))) {
      for (Counter counter : Counter.values()) {
        add(counter, share.get(counter));
      }
    }
  }

  /** Frames that the device has given us, good or bad. */
  public long given() {
    return get(Counter.RECEIVED_FRAMES)
        + get(Counter.DROPPED_RUNT)
        + get(Counter.DROPPED_OVERLONG)
        + get(Counter.DROPPED_BAD_HEADER)
        + get(Counter.DROPPED_BAD_BUFFER_COUNT)
        + get(Counter.DROPPED_INCOMPLETE);
  }

  /** Frames that the device has given us and that were dropped for what it said of them. */
  public long malformed() {
    return given() - get(Counter.RECEIVED_FRAMES);
  }

  /** Frames of clients that cannot be sent. */
  public long refused() {
    return get(Counter.REFUSED_SHORT)
        + get(Counter.REFUSED_LONG)
        + get(Counter.REFUSED_OFFLOAD)
        + get(Counter.REFUSED_RELEASED);
  }

  /** All values, each as it stands when it is its turn. */
  public Map<Counter, Long> snapshot() {
    var snapshot = new EnumMap<Counter, Long>(Counter.class);
    for (Counter counter : Counter.values()) {
      snapshot.put(counter, get(counter));
    }
    return Collections.unmodifiableMap(snapshot);
  }
}
