package virtionet.net;

import java.util.List;
import java.util.stream.Stream;

/**
 * Something that can be known of a device by a number: what is {@linkplain Counter counted} as it
 * happens, and what is {@linkplain Gauge measured} when somebody asks.
 */
public sealed interface Metric permits Counter, Gauge {

  /** What one of it is. */
  enum Unit {
    FRAMES,
    BYTES,
    EVENTS,
    /** Frames that did not arrive where they should. */
    DROPS,
    BUFFERS,
    CLIENTS,
    PAIRS,
    /** 1 for yes, 0 for no. */
    YES_OR_NO
  }

  /** Its constant's name. */
  String name();

  /** A few words, for the head of a column. */
  String label();

  /** What one of it is. */
  Unit unit();

  /** What it says, for somebody who knows the label. */
  String meaning();

  /** Whether it only grows, so that its rate is what one looks at. */
  boolean isCumulative();

  /** All there are: the counters, then the gauges. */
  static List<Metric> all() {
    return Stream.<Metric>concat(Stream.of(Counter.values()), Stream.of(Gauge.values())).toList();
  }
}
