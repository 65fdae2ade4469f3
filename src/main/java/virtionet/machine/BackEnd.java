package virtionet.machine;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * A network device at the other end of a socket, which is told by messages what others are told by
 * registers (the vhost-user protocol). Queues are numbered as in the device: receive and transmit
 * queue of the first pair, then of the next.
 *
 * <p>Every method throws {@link MachineException} when the back-end is gone, answers what it may
 * not, or does not answer in time. Any thread may call; who owns the device serialises the calls,
 * but for {@link #notifyQueue} and {@link #takeInterrupt}.
 */
public non-sealed interface BackEnd extends DeviceAccess {

  /**
   * Sends messages whose answers are all to be there within this time, if that is less than each is
   * given anyway. One that is late ends the connection.
   */
  void within(Duration timeout, Runnable messages);

  /** Virtqueues that may be used, two a pair. */
  int queues();

  /** The feature bits that the device offers, without those of the protocol. */
  long features();

  /** Accepts features, before a queue is given. */
  void acceptFeatures(long features);

  /**
   * Gives the device a queue; it uses it from {@link #start()} on.
   *
   * @param size descriptors
   * @param packed the format
   * @param descriptors the device address of the descriptor area; so the other two
   */
  void enableQueue(
      int queue, int size, boolean packed, long descriptors, long driverArea, long deviceArea);

  /** Lets the device use the queues that it has been given and does not use yet. */
  void start();

  /**
   * The configuration space, as it is now; empty where the device shows none.
   *
   * @param bytes at the most
   */
  byte[] configuration(int bytes);

  /** The device status, where the device keeps one. */
  OptionalInt status();

  /** Sets the device status, where the device keeps one. */
  void setStatus(int status);

  /**
   * Takes a queue away from the device: when this returns, it uses it no more. Nothing happens for
   * a queue that it does not have.
   */
  void disableQueue(int queue);

  /**
   * Tells the device that there is something in a queue, without waiting for it. Nothing happens
   * for a queue that it does not have.
   */
  void notifyQueue(int queue);

  /** Forgets that the line was raised. */
  void takeInterrupt();

  /** Whether the line was raised and nobody has taken it yet. */
  boolean hasInterrupt();
}
