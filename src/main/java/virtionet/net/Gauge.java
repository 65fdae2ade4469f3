package virtionet.net;

import java.util.Objects;
import java.util.Optional;

/** What is measured when somebody asks, and costs nothing until then. */
public enum Gauge implements Metric {
  DEVICE_UP("device up", Unit.YES_OR_NO, "frames are carried; else it recovers, or was given up"),
  LINK_UP("link up", Unit.YES_OR_NO, "as the device last said, or does not say"),
  CLIENTS("clients", Unit.CLIENTS, "that are connected"),
  QUEUE_PAIRS("queue pairs", Unit.PAIRS, "that the device uses at present"),
  RING_BUFFERS(
      "in the ring",
      Unit.BUFFERS,
      "with the device: to receive into, or frames that it is to transmit",
      "queue"),
  RING_SIZE("ring size", Unit.BUFFERS, "that the ring holds at the most", "queue"),
  HANDOFF_FRAMES(
      "in the hand-off",
      Unit.FRAMES,
      "that wait between driver and clients, of all clients together",
      "direction"),
  HANDOFF_CAPACITY(
      "hand-off capacity", Unit.FRAMES, "that can wait there at the most", "direction"),
  BUFFERS("buffers", Unit.BUFFERS, "of the device's memory, by where they are", "state"),
  JVM_ALLOCATED_BYTES(
      "allocated", Unit.BYTES, "on the heap, by all threads of this JVM since they started");

  private final String label;
  private final Unit unit;
  private final String meaning;
  private final Optional<String> dimension;

  Gauge(String label, Unit unit, String meaning) {
    this(label, unit, meaning, Optional.empty());
  }

  Gauge(String label, Unit unit, String meaning, String dimension) {
    this(label, unit, meaning, Optional.of(dimension));
  }

  Gauge(String label, Unit unit, String meaning, Optional<String> dimension) {
    this.label = label;
    this.unit = unit;
    this.meaning = meaning;
    this.dimension = dimension;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public Unit unit() {
    return unit;
  }

  @Override
  public String meaning() {
    return meaning;
  }

  @Override
  public boolean isCumulative() {
    return this == JVM_ALLOCATED_BYTES;
  }

  /** What there is one of it for, if a device has several: a queue, a direction, a state. */
  public Optional<String> dimension() {
    return dimension;
  }

  /** This much of it now. */
  public Reading reads(long value) {
    return new Reading(this, Optional.empty(), value);
  }

  /**
   * The same for one of several.
   *
   * @param place which queue, direction or state
   */
  public Reading reads(String place, long value) {
    return new Reading(this, Optional.of(Objects.requireNonNull(place, "place")), value);
  }
}
