package virtionet.cli.top;

import org.jspecify.annotations.Nullable;

/** There is no driver that answers; the message says where and why. */
public final class NoAnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  NoAnswerException(String message, @Nullable Throwable cause) {
    super(DriverState.plain(message), cause);
  }
}
