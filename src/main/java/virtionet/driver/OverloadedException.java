package virtionet.driver;

/** The driver is asked more than it answers, and has not taken this question; others will do. */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OverloadedException(String message) {
    super(message);
  }
}
