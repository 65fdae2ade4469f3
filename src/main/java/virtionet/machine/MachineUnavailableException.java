package virtionet.machine;

/**
 * The machine cannot be had because the environment lacks something; the message says what to do.
 */
public final class MachineUnavailableException extends MachineException {
  private static final long serialVersionUID = 1L;

  public MachineUnavailableException(String message) {
    super(message);
  }

  public MachineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
