package virtionet.flows;

/**
 * What a flow in the middle counts of the frames that it was given.
 *
 * @see Tracer
 */
public enum FlowCounter {
  PASSED("frames that went on, as they came or changed; copies are not counted"),
  CORRUPTED("frames that went on with a bit turned over"),
  DUPLICATED("frames that went on twice"),
  DELAYED("frames that were held for a while"),
  REORDERED("frames that let the next one go first"),
  TAGGED("frames that were given a VLAN tag, or had it taken off"),

  DROPPED_AT_RANDOM("frames that were dropped by a fault"),
  DROPPED_TOO_LONG("frames longer than a fault lets pass"),
  DROPPED_OVER_RATE("frames beyond the rate that a fault lets pass"),
  DROPPED_OTHER_VLAN("frames that came without the tag of this VLAN"),
  DROPPED_UNTAGGABLE("frames that could be given no tag"),
  DROPPED_FILTERED("frames that a filter did not let pass"),
  DROPPED_AT_END("frames that were held when the stream ended");

  private final String meaning;

  FlowCounter(String meaning) {
    this.meaning = meaning;
  }

  public String meaning() {
    return meaning;
  }

  /** Whether it counts frames that went no further, and were released. */
  public boolean isDrop() {
    return name().startsWith("DROPPED_");
  }
}
