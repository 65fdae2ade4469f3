package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Somebody who sends and receives the frames of one device.
 *
 * @param name for messages to people
 * @param actor whose end is the client's end
 * @param pair the queue pair that it is on, from 0; empty: on all of them
 * @param receive the driver is its producer
 * @param transmit the driver is its consumer
 */
public record Client(
    String name, ActorRef<?> actor, OptionalInt pair, HandOff receive, HandOff transmit) {
  public Client {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(pair, "pair");
    Objects.requireNonNull(receive, "receive");
    Objects.requireNonNull(transmit, "transmit");
  }

  /** Whether it gets the frames of that pair. */
  boolean isOn(int aPair) {
    return pair.isEmpty() || pair.getAsInt() == aPair;
  }

  /** Whether there is a pair that both are on. */
  boolean meets(Client other) {
    return pair.isEmpty() || other.pair.isEmpty() || pair.equals(other.pair);
  }
}
