package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import java.util.HashSet;
import java.util.Set;
import virtionet.machine.InterruptLine;
import virtionet.net.NetDevice;

/**
 * One life of a device, from a start to the next reset: the actors that own its queues. For the
 * device's actor alone.
 */
final class DeviceLife {
  private final ActorContext<Device.Command> context;
  private final int number;
  private final NetDevice device;
  private final ActorRef<Upstream.Command> upstream;
  private final ActorRef<Interrupt.Command> interrupt;
  private final ActorRef<Control.Command> control;

  /** Those that have not ended. */
  private final Set<ActorRef<?>> owners = new HashSet<>();

  /**
   * @param unsent the clients of which the upstream state is to tell when it has all their frames
   */
  DeviceLife(
      ActorContext<Device.Command> context,
      int number,
      NetDevice device,
      InterruptLine line,
      ControlRecord controlRecord,
      DeviceEvents events,
      Set<Client> unsent,
      DriverSettings settings) {
    this.context = context;
    this.number = number;
    this.device = device;
    var reports = new Reports(context.getSelf(), number);
    DispatcherSelector queues = DispatcherSelector.fromConfig(settings.queueDispatcher());
    var busyPoll = new BusyPoll(device, settings.busyPoll());
    upstream =
        spawn(
            Upstream.create(device, unsent, reports, busyPoll, settings.transmitTimeout()),
            "upstream",
            queues);
    interrupt =
        spawn(
            Interrupt.create(device, line, reports, upstream, events, busyPoll, settings),
            "interrupt",
            queues);
    control =
        spawn(
            Control.create(
                device, reports, upstream, controlRecord, events, settings.controlTimeout()),
            "control",
            DispatcherSelector.sameAsParent());
  }

  private <T> ActorRef<T> spawn(Behavior<T> behavior, String name, DispatcherSelector dispatcher) {
    ActorRef<T> child = context.spawn(behavior, name, dispatcher);
    context.watch(child);
    owners.add(child);
    return child;
  }

  int number() {
    return number;
  }

  NetDevice device() {
    return device;
  }

  ActorRef<Upstream.Command> upstream() {
    return upstream;
  }

  ActorRef<Interrupt.Command> interrupt() {
    return interrupt;
  }

  ActorRef<Control.Command> control() {
    return control;
  }

  /** Has all of them end. */
  void stop(Control.End end) {
    context.stop(interrupt);
    context.stop(upstream);
    control.tell(end);
  }

  /** One of the device's actors has ended. */
  void remove(ActorRef<?> child) {
    owners.remove(child);
  }

  /** Whether nobody uses the queues any more. */
  boolean hasEnded() {
    return owners.isEmpty();
  }
}
