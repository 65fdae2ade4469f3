package virtionet.driver.trace;

import jdk.jfr.FlightRecorder;

/**
 * Which events somebody records. Asked before an event's own class is touched: the first of them to
 * be initialized has the JDK load all that its Flight Recorder knows of, which takes longer than to
 * bring a device up. So none is until a recording starts. Any thread.
 */
public final class Recorder {
  private Recorder() {}

  /** Whether {@link ActorMessage} and {@link ActorRestart} are recorded. */
  public static boolean takesMessages() {
    return FlightRecorder.isInitialized() && ActorMessage.isOn();
  }

  /** Whether {@link ReceiveBatch} is recorded. */
  public static boolean takesReceived() {
    return FlightRecorder.isInitialized() && ReceiveBatch.isOn();
  }

  /** Whether {@link TransmitBatch} is recorded. */
  public static boolean takesTransmitted() {
    return FlightRecorder.isInitialized() && TransmitBatch.isOn();
  }

  /** Whether {@link Delivery} is recorded. */
  public static boolean takesDeliveries() {
    return FlightRecorder.isInitialized() && Delivery.isOn();
  }

  /** Whether {@link Transition} is recorded. */
  static boolean takesTransitions() {
    return FlightRecorder.isInitialized() && Transition.isOn();
  }
}
