package virtionet.cli.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import virtionet.net.Counter;

/** What a soak has found, in rows for tables. */
public final class SoakReport {
  private final Duration took;
  private final Map<FaultKind, KindTally> tallies;
  private final KindTally all = new KindTally();
  private final Ledger.Books books;
  private final Map<Counter, Long> counters;
  private final int buffersLost;
  private final long memoryLost;
  private final Flatness flatness;
  private final List<String> complaints;

  /**
   * @param took from the first frame to the end
   * @param tallies of each kind of fault that was to be provoked
   * @param books what became of the frames
   * @param counters of the device, at the end
   * @param buffersLost the most that were held when nobody held any
   * @param memoryLost bytes of device memory that were not given back
   * @param complaints what went wrong, in its order
   */
  SoakReport(
      Duration took,
      Map<FaultKind, KindTally> tallies,
      Ledger.Books books,
      Map<Counter, Long> counters,
      int buffersLost,
      long memoryLost,
      Flatness flatness,
      List<String> complaints) {
    this.took = took;
    this.tallies = tallies;
    this.books = books;
    this.counters = counters;
    this.buffersLost = buffersLost;
    this.memoryLost = memoryLost;
    this.flatness = flatness;
    this.complaints = new ArrayList<>(complaints);
    tallies.values().forEach(all::add);
    flatness.complaint().ifPresent(this.complaints::add);
  }

  /** Whether each fault was survived, nothing was lost unsaid, and the process stayed as it was. */
  public boolean passed() {
    return complaints.isEmpty() && all.survived == all.provoked;
  }

  /** Faults that were provoked, of all kinds. */
  public int faults() {
    return all.provoked;
  }

  /** Times that the device was started again. */
  public int recoveries() {
    return all.recoveries;
  }

  /** What went wrong, in its order. */
  public List<String> complaints() {
    return List.copyOf(complaints);
  }

  /** Of {@link #faultRows()}. */
  public static List<String> faultHeader() {
    return List.of(
        "fault",
        "provoked",
        "survived",
        "recoveries",
        "noticed",
        "up p50",
        "p90",
        "p99",
        "max",
        "frames p50",
        "max",
        "aborted",
        "lost out",
        "lost back");
  }

  /** A row for each kind, and one for all; times in milliseconds since the fault. */
  public List<List<String>> faultRows() {
    return Stream.concat(
            tallies.entrySet().stream().map(kind -> row(kind.getKey().toString(), kind.getValue())),
            Stream.of(row("all", all)))
        .toList();
  }

  private static List<String> row(String name, KindTally tally) {
    return List.of(
        name,
        count(tally.provoked),
        count(tally.survived),
        count(tally.recoveries),
        millis(tally.noticed, 50),
        millis(tally.up, 50),
        millis(tally.up, 90),
        millis(tally.up, 99),
        millis(tally.up, 100),
        millis(tally.through, 50),
        millis(tally.through, 100),
        count(tally.aborted),
        count(tally.lostOut),
        count(tally.lostBack));
  }

  private static String millis(Histogram micros, double percentile) {
    return micros.getTotalCount() == 0
        ? "-"
        : String.format(Locale.ROOT, "%.1f", micros.getValueAtPercentile(percentile) / 1e3);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** What became of the frames: how many, and what that means. */
  public List<List<String>> frameRows() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of(count(books.given()), "given to the driver"));
    for (Counter told : Counter.values()) {
      long number = counters.getOrDefault(told, 0L);
      if (told == Counter.TRANSMITTED_FRAMES || (told.isDrop() && number > 0)) {
        rows.add(List.of(count(number), "by the driver's count: " + told.label()));
      }
    }
    rows.add(List.of(count(books.arrived()), "at the far end of the wire, each once"));
    rows.add(List.of(count(books.returned()), "back again, each once"));
    rows.add(List.of(count(books.wrong()), "changed, of nobody, or a second time"));
    return rows;
  }

  /** Of {@link #footprintRows()}. */
  public static List<String> footprintHeader() {
    return List.of("process", "first quarter", "last quarter");
  }

  /** What the process took; without a row when the soak was too short for a sample. */
  public List<List<String>> footprintRows() {
    return flatness.rows();
  }

  /** All of it in one sentence. */
  public String lastLine() {
    String found =
        "%,d faults in %d:%02d, %,d survived, %,d recoveries, median %s ms; %,d frames; %s; %s"
            .formatted(
                all.provoked,
                took.toMinutes(),
                took.toSecondsPart(),
                all.survived,
                all.recoveries,
                millis(all.up, 50),
                books.given(),
                memoryLost == 0
                    ? "%,d buffers lost".formatted(buffersLost)
                    : "%,d buffers and %,d bytes of device memory lost"
                        .formatted(buffersLost, memoryLost),
                flatness.canBeTold()
                    ? flatness.complaint().isEmpty() ? "memory flat" : "memory grew"
                    : "too short to tell whether memory is flat");
    return passed() ? "soak passed: " + found : "soak failed: " + found + firstComplaint();
  }

  private String firstComplaint() {
    Optional<String> first = complaints.stream().findFirst();
    return first.map(why -> "; first: " + why).orElse("");
  }
}
