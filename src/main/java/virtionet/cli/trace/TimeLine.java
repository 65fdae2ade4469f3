package virtionet.cli.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import virtionet.observe.trace.Interrupted;
import virtionet.observe.trace.Trace.Received;
import virtionet.observe.trace.Trace.Taken;

/** An interrupt step by step, from its line to the consumer of its frames. */
public final class TimeLine {
  private record Step(long nanos, String text) {}

  private TimeLine() {}

  /** Of {@link #rows}. */
  public static List<String> header() {
    return List.of("after", "what happened");
  }

  /** Its steps, in the order of time. */
  public static List<List<String>> rows(Interrupted interrupt) {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step(0, "the device raises its line"));
    interrupt.batches().forEach(batch -> add(steps, interrupt.since(batch.at()), batch));
    interrupt.deliveries().forEach(taken -> add(steps, interrupt.since(taken.at()), taken));
    if (interrupt.deliveries().isEmpty()) {
      steps.add(new Step(Long.MAX_VALUE, "no client is known to have taken a frame of it"));
    }
    // Stable: what is told of at the same time stays in the order of its steps.
    steps.sort(Comparator.comparingLong(Step::nanos));
    return steps.stream()
        .map(
            step ->
                List.of(
                    step.nanos() == Long.MAX_VALUE ? "" : Latencies.text(step.nanos()),
                    step.text()))
        .toList();
  }

  private static void add(List<Step> steps, long begin, Received batch) {
    steps.add(
        new Step(
            begin,
            batch.isFirst()
                ? "the interrupt state has its turn, on queue pair " + batch.pair()
                : "queue pair %d is looked at: %s".formatted(batch.pair(), batch.cause())));
    steps.add(
        new Step(
            begin + batch.drained(),
            format(
                "%,d buffers are out of the ring: %,d frames, %,d bytes%s",
                batch.buffers(),
                batch.frames(),
                batch.bytes(),
                batch.malformed() == 0 ? "" : format("; %,d malformed", batch.malformed()))));
    steps.add(
        new Step(
            begin + batch.handedOff(),
            format(
                "%,d are handed off to %s, where %,d wait; %,d dropped",
                batch.accepted(),
                batch.client().isEmpty() ? "nobody" : batch.client(),
                batch.depth(),
                batch.dropped())));
    steps.add(
        new Step(
            begin + batch.nanos(),
            format("the device has %,d buffers again; the client is awake", batch.posted())));
  }

  private static void add(List<Step> steps, long begin, Taken taken) {
    steps.add(
        new Step(
            begin,
            begin < 0
                ? taken.client() + " is still at frames of before"
                : taken.client() + " takes its first frame"));
    steps.add(
        new Step(
            begin + taken.nanos(), format("%s has taken %,d", taken.client(), taken.frames())));
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
