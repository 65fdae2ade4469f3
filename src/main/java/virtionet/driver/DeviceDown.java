package virtionet.driver;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.StashBuffer;
import java.util.Optional;
import virtionet.driver.Device.Command;

/**
 * The state of a device between two lives, and before the first: clients can connect and wait. What
 * comes before it is known whether the device can be started at all is put aside.
 */
final class DeviceDown {
  private final DeviceLifecycle lifecycle;
  private final StashBuffer<Command> stash;

  DeviceDown(DeviceLifecycle lifecycle, StashBuffer<Command> stash) {
    this.lifecycle = lifecycle;
    this.stash = stash;
  }

  Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnect)
        .onMessage(Device.Describe.class, this::onDescribe)
        .onMessage(ControlRequest.class, this::onControl)
        .onMessage(Device.Retry.class, retry -> lifecycle.retry())
        .onMessage(Device.Restart.class, lifecycle::restartWhileDown)
        .onMessage(Device.Detach.class, lifecycle::detach)
        .onMessage(Device.Attach.class, lifecycle::attach)
        .onMessage(Device.Abandon.class, lifecycle::abandon)
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(Terminated.class, lifecycle::terminatedWhileDown)
        .onSignal(PostStop.class, stop -> lifecycle.stopped())
        .build();
  }

  private Behavior<Command> onConnect(Connect connect) {
    Optional<DeviceFront> front = lifecycle.front();
    if (lifecycle.isFrontLost() || stash.isFull()) {
      return lifecycle.refuse(connect);
    }
    front.ifPresentOrElse(of -> of.connect(connect), () -> stash.stash(connect));
    return Behaviors.same();
  }

  private Behavior<Command> onDescribe(Device.Describe describe) {
    Optional<DeviceFront> front = lifecycle.front();
    if (front.isPresent()) {
      describe.replyTo().tell(new Device.Recovering(front.get().handle(), lifecycle.fault()));
      return Behaviors.same();
    }
    if (stash.isFull()) {
      return lifecycle.describeAsFailed(describe);
    }
    stash.stash(describe);
    return Behaviors.same();
  }

  private Behavior<Command> onControl(ControlRequest request) {
    DeviceFront.refuse(request, lifecycle.fault());
    return Behaviors.same();
  }
}
