package virtionet.driver;

import akka.actor.typed.ActorRef;

/**
 * Somebody who sends and receives the frames of one device.
 *
 * @param name for messages to people
 * @param actor whose end is the client's end
 * @param receive the driver is its producer
 * @param transmit the driver is its consumer
 */
public record Client(String name, ActorRef<?> actor, HandOff receive, HandOff transmit) {}
