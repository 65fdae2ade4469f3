package virtionet.cli.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import virtionet.observe.trace.Interrupted;
import virtionet.observe.trace.Interruptions;
import virtionet.observe.trace.Trace;
import virtionet.observe.trace.Trace.Received;
import virtionet.observe.trace.Trace.Sent;

/** What a trace tells of a device's batches, all together. */
public final class DataPath {
  private final List<Received> received;
  private final List<Sent> sent;
  private final Interruptions interrupts;

  public DataPath(Trace trace, String device, Interruptions interrupts) {
    received = trace.received().stream().filter(batch -> batch.device().equals(device)).toList();
    sent = trace.sent().stream().filter(batch -> batch.device().equals(device)).toList();
    this.interrupts = interrupts;
  }

  /** The devices that have one, in their order. */
  public static List<String> devices(Trace trace) {
    return Stream.of(
            trace.changes().stream().map(Trace.Change::device),
            trace.received().stream().map(Received::device),
            trace.sent().stream().map(Sent::device))
        .flatMap(names -> names)
        .distinct()
        .sorted()
        .toList();
  }

  /** Of both tables. */
  public static List<String> header(String from) {
    return Stream.concat(Stream.of(from, "times"), Latencies.HEADER.stream()).toList();
  }

  /** How many were received. */
  public String receivedSummary() {
    return format(
        "%,d batches of up to %,d frames: %,d frames, %,d bytes; %,d dropped, %,d malformed; up to"
            + " %,d waited for the client",
        received.size(),
        received.stream().mapToInt(Received::frames).max().orElse(0),
        received.stream().mapToLong(Received::frames).sum(),
        received.stream().mapToLong(Received::bytes).sum(),
        received.stream().mapToLong(Received::dropped).sum(),
        received.stream().mapToLong(Received::malformed).sum(),
        received.stream().mapToInt(Received::depth).max().orElse(0));
  }

  /** How long it took from the line to each step. */
  public List<List<String>> receivedRows() {
    var woken = new Latencies();
    var drained = new Latencies();
    var handedOff = new Latencies();
    var consumer = new Latencies();
    for (Interrupted one : interrupts.all()) {
      Received first = one.batches().getFirst();
      woken.add(first.waited());
      drained.add(first.waited() + first.drained());
      handedOff.add(one.toHandOff());
      one.toConsumer().ifPresent(consumer::add);
    }
    return List.of(
        row("the interrupt state's turn", woken),
        row("the frames out of the ring", drained),
        row("handed off", handedOff),
        row("the client's first frame", consumer));
  }

  /** How many were sent. */
  public String sentSummary() {
    long lost = sent.stream().filter(batch -> !batch.completed()).count();
    return format(
        "%,d batches of up to %,d frames: %,d frames, %,d bytes; %,d doorbells; up to %,d in"
            + " flight; %,d refused%s",
        sent.size(),
        sent.stream().mapToInt(Sent::frames).max().orElse(0),
        sent.stream().mapToLong(Sent::frames).sum(),
        sent.stream().mapToLong(Sent::bytes).sum(),
        sent.stream().filter(Sent::doorbell).count(),
        sent.stream().mapToInt(Sent::inFlight).max().orElse(0),
        sent.stream().mapToLong(Sent::refused).sum(),
        lost == 0 ? "" : format("; %,d batches not seen being sent", lost));
  }

  /** How long it took from the first frame to each step. */
  public List<List<String>> sentRows() {
    var queued = new Latencies();
    var published = new Latencies();
    var completed = new Latencies();
    for (Sent batch : sent) {
      queued.add(batch.queued());
      published.add(batch.published());
      if (batch.completed()) {
        completed.add(batch.nanos());
      }
    }
    return List.of(
        row("all in the ring", queued),
        row("the device told", published),
        row("seen to be sent", completed));
  }

  private static List<String> row(String step, Latencies latencies) {
    List<String> row = new ArrayList<>(List.of(step, format("%,d", latencies.count())));
    row.addAll(latencies.cells());
    return row;
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
