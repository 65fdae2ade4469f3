package virtionet.machine;

import java.time.Duration;

/**
 * Waits for several interrupt lines of one kind on one thread, which can be woken for other work.
 * All is for that thread, but {@link #wakeup()}.
 */
public interface LineSelector extends AutoCloseable {

  /** Who is told of a line, on the selector's thread. */
  interface Listener {
    /**
     * The line was raised; it stays silent until it is {@linkplain InterruptLine#enable enabled}.
     */
    void raised();

    /** The line cannot be waited for any more; not after its close. */
    void failed(String reason);
  }

  /**
   * Waits for this line too from now on.
   *
   * @return false when it is of another kind: nothing is changed
   */
  boolean add(InterruptLine line, Listener listener);

  /** Waits for this line no more; to be called before its close. */
  void remove(InterruptLine line);

  /**
   * Waits until a line is raised, the time is up, or {@link #wakeup()} was called since the last
   * wait; then tells the listeners. A time of 0 only looks.
   */
  void select(Duration timeout);

  /** Ends the wait, or the next one. Any thread; without effect after the close. */
  void wakeup();

  @Override
  void close();
}
