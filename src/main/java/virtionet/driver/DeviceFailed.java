package virtionet.driver;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.Behaviors;
import virtionet.driver.ControlException.Kind;
import virtionet.driver.Device.Command;

/** The state of a device that was given up, until it is restarted or there is another machine. */
final class DeviceFailed {
  private final DeviceLifecycle lifecycle;

  /** Whether it is to be started once the actors of before have ended. */
  private boolean startWanted;

  DeviceFailed(DeviceLifecycle lifecycle) {
    this.lifecycle = lifecycle;
  }

  Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, lifecycle::refuse)
        .onMessage(ControlRequest.class, this::onControl)
        .onMessage(Device.Describe.class, lifecycle::describeAsFailed)
        .onMessage(Device.Restart.class, this::onRestart)
        .onMessage(Device.Attach.class, this::onAttach)
        .onMessage(Device.Abandon.class, this::onAbandon)
        .onMessage(Device.Detach.class, this::onDetach)
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(Terminated.class, this::onTerminated)
        .onSignal(PostStop.class, stop -> lifecycle.stopped())
        .build();
  }

  private Behavior<Command> onControl(ControlRequest request) {
    request.fail(Kind.DEVICE_LOST, lifecycle.fault().reason());
    return Behaviors.same();
  }

  private Behavior<Command> onRestart(Device.Restart restart) {
    lifecycle.add(restart);
    return lifecycle.isMachineLost() ? Behaviors.same() : startAnew();
  }

  private Behavior<Command> onAttach(Device.Attach attach) {
    lifecycle.moveTo(attach.place());
    return startAnew();
  }

  private Behavior<Command> onAbandon(Device.Abandon abandon) {
    lifecycle.restarters().fail(abandon.fault().reason());
    return Behaviors.same();
  }

  private Behavior<Command> onDetach(Device.Detach detach) {
    detach.detached().run();
    return Behaviors.same();
  }

  private Behavior<Command> onTerminated(Terminated terminated) {
    lifecycle.front().ifPresent(front -> front.remove(terminated.getRef()));
    return startWanted ? startAnew() : Behaviors.same();
  }

  private Behavior<Command> startAnew() {
    startWanted = !lifecycle.front().map(DeviceFront::hasEnded).orElse(true);
    return startWanted ? Behaviors.same() : lifecycle.startAnew();
  }
}
