package virtionet.machine;

/** The machine cannot do what was asked of it; the message names the cause and the remedy. */
public class MachineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MachineException(String message) {
    super(message);
  }

  public MachineException(String message, Throwable cause) {
    super(message, cause);
  }
}
