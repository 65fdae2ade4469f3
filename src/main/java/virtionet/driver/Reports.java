package virtionet.driver;

import akka.actor.typed.ActorRef;

/**
 * How the parts of one life of a device, from a start to the next reset, tell the device's actor of
 * what they meet. What a life tells that is over is not heard. Any thread.
 *
 * @param life counted from 1
 */
record Reports(ActorRef<Device.Command> device, int life) {

  /** The device's name. */
  String name() {
    return device.path().name();
  }

  /** The device cannot go on. */
  void broken(Fault fault) {
    device.tell(new Device.Broken(life, fault));
  }

  /**
   * The device says that its configuration changed, or that it needs a reset.
   *
   * @param taken run before the look at it: a change from then on is told anew
   */
  void configurationChanged(Runnable taken) {
    device.tell(new Device.ConfigurationChanged(taken));
  }
}
