package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.ArrayList;
import java.util.List;

/**
 * Those who asked for a restart of a device and wait for an answer. For the device's actor alone.
 */
final class Restarters {
  private final List<ActorRef<Device.RestartResult>> waiting = new ArrayList<>();

  void add(Device.Restart restart) {
    waiting.add(restart.replyTo());
  }

  /** The device is up. */
  void succeed(DeviceHandle device) {
    answer(new Device.Restarted(device));
  }

  /** It is not, and is given up. */
  void fail(String reason) {
    answer(new Device.NotRestarted(reason));
  }

  private void answer(Device.RestartResult result) {
    waiting.forEach(restarter -> restarter.tell(result));
    waiting.clear();
  }
}
