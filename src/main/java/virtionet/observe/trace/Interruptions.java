package virtionet.observe.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import virtionet.observe.trace.Trace.Received;
import virtionet.observe.trace.Trace.Taken;

/** The interrupts of one device in a trace that brought frames, in their order. */
public final class Interruptions {
  private final List<Interrupted> all = new ArrayList<>();

  private Interruptions() {}

  /** Those of the device of that name. */
  public static Interruptions of(Trace trace, String device) {
    Map<String, List<Taken>> byClient = new HashMap<>();
    trace
        .taken()
        .forEach(
            taken -> byClient.computeIfAbsent(taken.client(), _ -> new ArrayList<>()).add(taken));
    byClient.values().forEach(list -> list.sort(Comparator.comparingLong(Taken::position)));
    var found = new Interruptions();
    List<Received> batches = new ArrayList<>();
    for (Received batch : trace.received()) {
      if (!batch.device().equals(device)) {
        continue;
      }
      // With several queues each has its first batch.
      if (!batches.isEmpty() && batches.getFirst().interrupt() != batch.interrupt()) {
        found.add(device, batches, byClient);
        batches.clear();
      }
      if (batch.isFirst() || !batches.isEmpty()) {
        batches.add(batch);
      }
    }
    if (!batches.isEmpty()) {
      found.add(device, batches, byClient);
    }
    return found;
  }

  private void add(String device, List<Received> batches, Map<String, List<Taken>> byClient) {
    List<Taken> deliveries = new ArrayList<>();
    for (Received batch : batches) {
      List<Taken> ofClient = byClient.getOrDefault(batch.client(), List.of());
      for (int i = first(ofClient, batch.position());
          i < ofClient.size() && ofClient.get(i).position() < batch.position() + batch.accepted();
          i++) {
        if (deliveries.isEmpty() || !deliveries.getLast().equals(ofClient.get(i))) {
          deliveries.add(ofClient.get(i));
        }
      }
    }
    long number = batches.getFirst().interrupt();
    all.add(new Interrupted(device, number, List.copyOf(batches), List.copyOf(deliveries)));
  }

  /** The first delivery that ends behind that position. */
  private static int first(List<Taken> ofClient, long position) {
    int low = 0;
    int high = ofClient.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ofClient.get(middle).end() > position) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** All of them. */
  public List<Interrupted> all() {
    return List.copyOf(all);
  }

  /** The one with that number, if it brought frames. */
  public Optional<Interrupted> number(long number) {
    return all.stream().filter(one -> one.number() == number).findFirst();
  }

  /** The one with the middle time from line to consumer, of those that reached one. */
  public Optional<Interrupted> median() {
    List<Interrupted> complete = byTime();
    return complete.isEmpty()
        ? Optional.empty()
        : Optional.of(complete.get((complete.size() - 1) / 2));
  }

  /** The one that took longest to its consumer, of those that reached one. */
  public Optional<Interrupted> slowest() {
    List<Interrupted> complete = byTime();
    return complete.isEmpty() ? Optional.empty() : Optional.of(complete.getLast());
  }

  private List<Interrupted> byTime() {
    return all.stream()
        .filter(one -> one.toConsumer().isPresent())
        .sorted(Comparator.comparingLong(one -> one.toConsumer().getAsLong()))
        .toList();
  }
}
