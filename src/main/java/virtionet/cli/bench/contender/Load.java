package virtionet.cli.bench.contender;

/** A way to move frames: one contender. */
public interface Load extends AutoCloseable {

  /** Begins, on threads of its own; frames are moved until the close. */
  void start();

  /** Why it ended by itself; empty as long as it has not. */
  default String failure() {
    return "";
  }

  @Override
  void close();
}
