package virtionet.driver.trace;

import akka.actor.typed.ActorSystem;

/**
 * Who watches the driver's work from outside; an actor system is given one by {@link TracingSetup}.
 * Any thread; no method throws.
 */
public interface Tracing {
  /** Nobody does. */
  Tracing NONE =
      new Tracing() {
        @Override
        public Work here() {
          return Work.NONE;
        }

        @Override
        public int oneBatchIn() {
          return 0;
        }

        @Override
        public void received(ReceiveBatch batch, long nanos) {}

        @Override
        public void sent(TransmitBatch batch, long nanos) {}
      };

  /** Who watches the driver of this system. */
  static Tracing of(ActorSystem<?> system) {
    return system
        .settings()
        .setup()
        .get(TracingSetup.class)
        .map(TracingSetup::tracing)
        .orElse(NONE);
  }

  /**
   * What the calling thread does now, of which the driver's work may be a part: the application's
   * affair, which only {@link Work#begin} is of use for.
   */
  Work here();

  /** Of so many batches of each way and device one is told of; 0: none. The same each time. */
  int oneBatchIn();

  /**
   * A batch was received, just now; what is not known of it is as in an event that was not
   * recorded.
   *
   * @param nanos how long it took
   */
  void received(ReceiveBatch batch, long nanos);

  /**
   * A batch was sent, just now, or its ring was reset.
   *
   * @param nanos from its begin until it was seen to be sent
   */
  void sent(TransmitBatch batch, long nanos);
}
