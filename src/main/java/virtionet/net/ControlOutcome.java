package virtionet.net;

import java.util.Objects;

/** What a device answered to a control command (VirtIO 1.3 §5.1.6.5). */
public sealed interface ControlOutcome {

  /**
   * Done.
   *
   * @param reply what the device wrote before its acknowledgement; as long as the command wants it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Accepted(byte[] reply) implements ControlOutcome {
    public Accepted {
      Objects.requireNonNull(reply, "reply");
    }
  }

  /** The device will not do it; nothing has changed. */
  record Rejected() implements ControlOutcome {}

  /**
   * No answer that there is, or none was written: what came of the command nobody knows.
   *
   * @param acknowledgement what stood there
   */
  record Unintelligible(int acknowledgement) implements ControlOutcome {}
}
