package virtionet.cli.bench.contender;

import java.util.Locale;

/** What a contender does with frames. */
public enum Mode {
  /** Sends each received frame back. */
  IO,
  /** Takes them in and drops them. */
  RX,
  /** Sends as many as go. */
  TX;

  /** The mode of this word, as {@link #word} gives it. */
  public static Mode of(String word) {
    return switch (word) {
      case "io" -> IO;
      case "rx" -> RX;
      case "tx" -> TX;
      default ->
          throw new IllegalArgumentException("'%s': there are io, rx and tx".formatted(word));
    };
  }

  /** On the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
