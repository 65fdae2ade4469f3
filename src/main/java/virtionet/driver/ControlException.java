package virtionet.driver;

/** A control command was not done. */
public final class ControlException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What stood in its way. */
  public enum Kind {
    /** A feature that it needs was not accepted; nothing reached the device. */
    UNSUPPORTED,
    /** The device's limits do not allow it; nothing reached the device. */
    OUT_OF_RANGE,
    /** Too many commands wait; nothing reached the device. */
    BUSY,
    /** The device answered with an error; nothing has changed. */
    REJECTED,
    /** The device answered what is no answer; nobody knows what has changed. */
    UNINTELLIGIBLE,
    /** The device did not answer in time, and is reset: nobody knows what has changed. */
    TIMEOUT,
    /**
     * The device is being reset: a command that was given is perhaps not done; later ones can be.
     */
    RECOVERING,
    /** The device is lost, or its driver has stopped. */
    DEVICE_LOST
  }

  private final Kind kind;

  ControlException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
