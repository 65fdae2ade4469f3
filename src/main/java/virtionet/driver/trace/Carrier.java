package virtionet.driver.trace;

/** A message of which it is known for which work it is told: its handling is a part of that. */
public interface Carrier {
  /** {@link Work#NONE} when nobody watches. */
  Work work();
}
