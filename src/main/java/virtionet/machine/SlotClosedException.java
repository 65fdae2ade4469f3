package virtionet.machine;

/** A slot's registers cannot be reached as things stand; the message says who has the slot. */
public final class SlotClosedException extends MachineException {
  private static final long serialVersionUID = 1L;

  public SlotClosedException(String message) {
    super(message);
  }
}
