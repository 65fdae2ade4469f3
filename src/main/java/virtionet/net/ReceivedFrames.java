package virtionet.net;

/** In which shape received frames leave the driver. */
public enum ReceivedFrames {
  /**
   * As they went over the wire, or would have: in one segment, with all checksums right, no longer
   * than the MTU allows. Nobody who takes them needs to know of offloads.
   */
  COMPLETE,

  /**
   * As the device gives them, with their {@link Offload}: large frames that stand for many, with
   * checksums that are not yet complete, and in several segments.
   */
  AS_GIVEN
}
