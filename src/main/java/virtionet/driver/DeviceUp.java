package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Device.Command;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.Counters;
import virtionet.net.NetDevice;
import virtionet.virtio.VirtioException;

/** The state of a device that is up, in one of its lives. */
final class DeviceUp {
  private static final Logger LOG = LoggerFactory.getLogger(Device.class);

  private final DeviceLifecycle lifecycle;
  private final DeviceFront front;
  private final DeviceLife life;
  private final ReceiveWatch receiving;

  DeviceUp(DeviceLifecycle lifecycle, DeviceFront front, DeviceLife life, ReceiveWatch receiving) {
    this.lifecycle = lifecycle;
    this.front = front;
    this.life = life;
    this.receiving = receiving;
  }

  Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnect)
        .onMessage(Device.Describe.class, this::onDescribe)
        .onMessage(ControlRequest.class, this::onControl)
        .onMessage(Device.ConfigurationChanged.class, this::onConfigurationChanged)
        .onMessage(Device.LookAgain.class, again -> look(true))
        .onMessage(Device.CheckHealth.class, check -> onCheckHealth())
        .onMessage(Device.Broken.class, this::onBroken)
        .onMessage(Device.Restart.class, lifecycle::restart)
        .onMessage(Device.Detach.class, lifecycle::detach)
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(ChildFailed.class, this::onChildFailed)
        .onSignal(PostStop.class, stop -> lifecycle.stopped())
        .build();
  }

  private Behavior<Command> onConnect(Connect connect) {
    front.connect(connect);
    return Behaviors.same();
  }

  private Behavior<Command> onDescribe(Device.Describe describe) {
    describe.replyTo().tell(new Device.Up(front.handle()));
    return Behaviors.same();
  }

  private Behavior<Command> onControl(ControlRequest request) {
    life.control().tell(request);
    return Behaviors.same();
  }

  private Behavior<Command> onConfigurationChanged(Device.ConfigurationChanged changed) {
    changed.taken().run();
    life.device().counters().increment(Counter.CONFIG_CHANGES);
    return look(true);
  }

  private Behavior<Command> onCheckHealth() {
    Counters counters = life.device().counters();
    receiving
        .look(System.nanoTime(), counters.given(), counters.get(Counter.TRANSMITTED_FRAMES))
        .ifPresent(nothing -> front.receivedNothing(counters, nothing));
    return look(false);
  }

  /**
   * @param state whether to look at what may change as well, or only whether it works
   */
  private Behavior<Command> look(boolean state) {
    NetDevice device = life.device();
    try {
      return switch (device.health()) {
        case NEEDS_RESET ->
            lifecycle.recover(
                new Fault(Fault.Kind.NEEDS_RESET, "it met an error and asks to be reset"));
        case STOPPED ->
            lifecycle.recover(
                new Fault(Fault.Kind.STOPPED, "it was reset, and not by this driver"));
        case FINE -> {
          if (state) {
            front.changed(device, device.readState());
          }
          yield Behaviors.same();
        }
      };
    } catch (VirtioException | MachineException e) {
      return lifecycle.recover(Fault.of(e));
    }
  }

  private Behavior<Command> onBroken(Device.Broken broken) {
    return broken.life() == life.number() ? lifecycle.recover(broken.fault()) : Behaviors.same();
  }

  private Behavior<Command> onChildFailed(ChildFailed failure) {
    ActorRef<?> child = failure.getRef();
    LOG.error("{}: its {} actor failed", front.name(), child.path().name(), failure.cause());
    var fault =
        new Fault(
            Fault.Kind.ACTOR_FAILED,
            "its %s actor failed: %s".formatted(child.path().name(), failure.cause()));
    if (front.remove(child)) {
      return lifecycle.loseFront(fault);
    }
    life.remove(child);
    return lifecycle.recover(fault);
  }
}
