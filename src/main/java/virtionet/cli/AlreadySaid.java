package virtionet.cli;

/** A failure that the command has told the user of in its own way. */
final class AlreadySaid extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AlreadySaid(RuntimeException failure) {
    super(failure);
  }
}
