package virtionet.cli.soak;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What the faults of one kind, or of all, came to. One owner. */
final class KindTally {
  private static final long HIGHEST = TimeUnit.MINUTES.toMicros(5);

  /** From the fault to the driver's notice of it, to the device's start, to the first frame. */
  final Histogram noticed = new Histogram(HIGHEST, 3);

  final Histogram up = new Histogram(HIGHEST, 3);
  final Histogram through = new Histogram(HIGHEST, 3);
  int provoked;
  int survived;
  int recoveries;
  long aborted;
  long lostOut;
  long lostBack;

  static void record(Histogram histogram, long nanos) {
    histogram.recordValue(Math.clamp(TimeUnit.NANOSECONDS.toMicros(nanos), 1, HIGHEST));
  }

  void add(KindTally other) {
    noticed.add(other.noticed);
    up.add(other.up);
    through.add(other.through);
    provoked += other.provoked;
    survived += other.survived;
    recoveries += other.recoveries;
    aborted += other.aborted;
    lostOut += other.lostOut;
    lostBack += other.lostBack;
  }
}
