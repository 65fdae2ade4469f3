package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.ControlException.Kind;
import virtionet.driver.trace.Work;
import virtionet.net.Counter;
import virtionet.net.Counters;
import virtionet.net.LinkState;
import virtionet.net.NetDevice;

/**
 * What clients see of a device, over all its resets until it is given up: its handle, its events,
 * and the actor that takes clients. For the device's actor alone.
 */
final class DeviceFront {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceFront.class);

  private final ActorContext<Device.Command> context;
  private final String name;
  private final ControlRecord controlRecord;
  private final LinkMonitor links;
  private final DeviceEvents events;
  private final DeviceControl control;
  private final DeviceHandle handle;
  private final ActorRef<Startup.Command> startup;
  private final ActorRef<Announcement.Command> announcement;
  private final Set<ActorRef<?>> children = new HashSet<>();

  DeviceFront(
      ActorContext<Device.Command> context,
      DevicePlace place,
      NetDevice device,
      ControlRecord controlRecord,
      Set<Client> unsent,
      DriverSettings settings) {
    this.context = context;
    this.controlRecord = controlRecord;
    name = place.slot().name();
    links = new LinkMonitor(device.initialLink());
    events = new DeviceEvents(device.initialLink(), device.mtu(), device.mac());
    control =
        new DeviceControl(
            context.getSelf().narrow(),
            context.getSystem().scheduler(),
            settings.controlTimeout(),
            device.counters());
    handle =
        new DeviceHandle(
            info(place, device), links, events, control, device.kept(), Optional.of(device));
    announcement =
        spawn(
            Behaviors.supervise(
                    Announcement.create(
                        control,
                        events,
                        device.counters(),
                        settings.controlTimeout(),
                        context.getSelf()))
                .onFailure(SupervisorStrategy.restart()),
            "announcement");
    startup = spawn(Startup.create(handle, device.counters(), unsent, settings), "startup");
  }

  private <T> ActorRef<T> spawn(Behavior<T> behavior, String childName) {
    ActorRef<T> child = context.spawn(behavior, childName);
    context.watch(child);
    children.add(child);
    return child;
  }

  private static DeviceInfo info(DevicePlace place, NetDevice device) {
    return new DeviceInfo(
        place.slot().name(),
        place.slot(),
        place.found(),
        device.mac(),
        device.mtu(),
        device.receiveQueues().size(),
        device.hashLimits(),
        device.features());
  }

  /** The device's name. */
  String name() {
    return name;
  }

  DeviceHandle handle() {
    return handle;
  }

  DeviceEvents events() {
    return events;
  }

  /** A life has begun: clients' frames are carried by it, and they hear of what has changed. */
  void started(DevicePlace place, NetDevice device, DeviceLife life, Work work) {
    handle.started(info(place, device), device);
    events.tell(new DeviceEvent.MtuChanged(device.mtu()));
    if (controlRecord.state().mac().isEmpty()) {
      events.tell(new DeviceEvent.MacChanged(device.mac()));
    }
    startup.tell(new Startup.DeviceUp(life.interrupt(), life.upstream(), work));
    changed(device, device.initialState());
  }

  /** The device says this of itself. */
  void changed(NetDevice device, LinkState state) {
    if (links.set(state.link())) {
      device.counters().increment(Counter.LINK_CHANGES);
      LOG.info("{}: link {}", name, state.link());
      events.tell(new DeviceEvent.LinkChanged(state.link()));
    }
    if (state.announce()) {
      announcement.tell(Announcement.ASKED);
    }
  }

  /** The device sends and receives nothing. */
  void receivedNothing(Counters counters, DeviceEvent.NothingReceived nothing) {
    counters.increment(Counter.QUIET_SPELLS);
    LOG.info(
        "{}: nothing was received for {} ms while {} frame(s) were sent: a quiet network, or a"
            + " device that does not receive",
        name,
        nothing.since().toMillis(),
        nothing.transmitted());
    events.tell(nothing);
  }

  void connect(Connect connect) {
    startup.tell(connect);
  }

  /** A life has ended, and another is to follow. */
  void recovering(Fault fault) {
    handle.stopped();
    startup.tell(new Startup.DeviceDown());
    events.tell(new DeviceEvent.Recovering(fault));
  }

  void recovered(DeviceEvent.Recovered recovered) {
    events.tell(recovered);
  }

  /** Refuses a command that came between two lives. */
  static void refuse(ControlRequest request, Fault fault) {
    request.fail(Kind.RECOVERING, "the device is being reset: " + fault.reason());
  }

  /** The device is given up: clients are told, and the actors end. */
  void end(Fault fault) {
    handle.stopped();
    links.end();
    events.tell(new DeviceEvent.GivenUp(fault));
    events.end();
    control.refuse("device %s is lost: %s".formatted(name, fault.reason()));
    context.stop(announcement);
    startup.tell(new Startup.DeviceLost(fault.reason()));
  }

  /** The same when the driver stops, and the actors have stopped already. */
  void stopped() {
    handle.stopped();
    links.end();
    events.end();
    control.end("the driver of device %s has stopped".formatted(name));
  }

  /** Whether it was one of ours. */
  boolean remove(ActorRef<?> child) {
    return children.remove(child);
  }

  /** Whether all its actors have ended. */
  boolean hasEnded() {
    return children.isEmpty();
  }
}
