package virtionet.driver.trace;

/**
 * Something that the driver does and that somebody watches from outside, with a beginning and an
 * end: what tracing systems call a span. It is carried by messages from actor to actor ({@link
 * Carrier}), so that what each does of it is told as its part. Any thread; no method throws.
 */
public interface Work {
  /** Nobody watches; its parts are not watched either. */
  Work NONE = new Unwatched();

  /** Whether somebody watches it. */
  boolean isWatched();

  /** Begins a part of it, or something that follows from it. */
  Work begin(String name);

  /** Says more of it. */
  Work with(String key, String value);

  /** Says more of it. */
  Work with(String key, long value);

  /** Something happens in its course. */
  void event(String name);

  /** The same, with more said of it. */
  void event(String name, String key, String value);

  /** It did not come to what it was to; {@link #end} is to follow. */
  void fail(String reason);

  /** The same, because of an exception. */
  void fail(Throwable cause);

  /** It is over; what is said of it afterwards is not heard. */
  void end();
}
