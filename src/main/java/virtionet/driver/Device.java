package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.BehaviorBuilder;
import akka.actor.typed.javadsl.Behaviors;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Connect.Refused;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Link;
import virtionet.net.LinkState;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.virtio.MmioProbe;
import virtionet.virtio.VirtioException;

/**
 * The life of one network device: probing → negotiating → up → failed. Its children share the
 * device while it is up, the receive queue being the interrupt state's and the transmit queue the
 * upstream state's; whatever ends them ends with the device reset.
 */
public final class Device {
  private static final Logger LOG = LoggerFactory.getLogger(Device.class);

  sealed interface Command
      permits Describe, Connect, ControlRequest, ConfigurationChanged, LookAgain, Broken {}

  /** Asks what has become of it. */
  record Describe(ActorRef<Description> replyTo) implements Command {}

  /**
   * The device said that its configuration changed, or that it needs a reset.
   *
   * @param taken to be run before the look at it: a change from then on is told anew
   */
  record ConfigurationChanged(Runnable taken) implements Command {}

  /** The configuration is to be looked at, without a change that was told. */
  record LookAgain() implements Command {}

  /** The device cannot be worked with any more. */
  record Broken(String reason) implements Command {}

  /** What has become of a device. */
  public sealed interface Description {
    /** Where the device stands. */
    Slot slot();
  }

  /** It is up. */
  public record Up(DeviceHandle device) implements Description {
    @Override
    public Slot slot() {
      return device.info().slot();
    }
  }

  /** It is not, and will not be. */
  public record Failed(Slot slot, String reason) implements Description {}

  private final ActorContext<Command> context;
  private final Machine machine;
  private final Slot slot;
  private final Registers registers;
  private final MmioProbe.Device found;
  private final MacAddress ownMac;
  private final DriverSettings settings;
  private @Nullable NetDevice net;
  private final Set<ActorRef<?>> queueOwners = new HashSet<>();

  /** What was set by control commands and is to hold, also for the device after a reset. */
  private final ControlRecord controlRecord = new ControlRecord();

  /** The transmit hand-offs of clients whose last frame the upstream state has not yet taken. */
  private final Set<HandOff> unsent = ConcurrentHashMap.newKeySet();

  static Behavior<Command> create(
      Machine machine,
      Slot slot,
      Registers registers,
      MmioProbe.Device found,
      MacAddress ownMac,
      DriverSettings settings) {
    return Behaviors.setup(
        context ->
            new Device(context, machine, slot, registers, found, ownMac, settings).negotiate());
  }

  private Device(
      ActorContext<Command> context,
      Machine machine,
      Slot slot,
      Registers registers,
      MmioProbe.Device found,
      MacAddress ownMac,
      DriverSettings settings) {
    this.context = context;
    this.machine = machine;
    this.slot = slot;
    this.registers = registers;
    this.found = found;
    this.ownMac = ownMac;
    this.settings = settings;
  }

  private Behavior<Command> negotiate() {
    try {
      NetDevice device =
          NetDevice.bringUp(registers, found, machine.memory(), settings.net(), ownMac);
      net = device;
      LOG.info(
          "{} is up: MAC {}, MTU {}, link {}",
          slot.name(),
          device.mac(),
          device.mtu(),
          device.initialLink());
      return new Running(device).behavior();
    } catch (RuntimeException e) {
      giveDeviceUp();
      String reason = reason(e);
      LOG.error("{} cannot be brought up: {}", slot.name(), reason);
      LOG.debug("{} cannot be brought up", slot.name(), e);
      return failed(reason);
    }
  }

  private static String reason(RuntimeException failure) {
    boolean known = failure instanceof VirtioException || failure instanceof MachineException;
    return known ? String.valueOf(failure.getMessage()) : failure.toString();
  }

  /** The state of a device that is up. */
  private final class Running {
    private final NetDevice device;
    private final LinkMonitor links;
    private final DeviceEvents events;
    private final DeviceControl deviceControl;
    private final DeviceHandle handle;
    private final ActorRef<Startup.Command> startup;
    private final ActorRef<Interrupt.Command> interrupt;
    private final ActorRef<Upstream.Command> upstream;
    private final ActorRef<Control.Command> control;
    private final ActorRef<Announcement.Command> announcement;

    Running(NetDevice device) {
      this.device = device;
      // First, since a slot may have none: no child is to be there yet.
      InterruptLine line = machine.interruptLine(slot);
      links = new LinkMonitor(device.initialLink());
      events = new DeviceEvents(device.initialLink(), device.mtu(), device.mac());
      deviceControl =
          new DeviceControl(
              context.getSelf().narrow(),
              context.getSystem().scheduler(),
              settings.controlTimeout());
      handle =
          new DeviceHandle(
              new DeviceInfo(
                  slot.name(),
                  slot,
                  found,
                  device.mac(),
                  device.mtu(),
                  device.receiveQueues().size(),
                  device.hashLimits(),
                  device.features()),
              links,
              events,
              deviceControl,
              device.transmitQueue()::allocate,
              device::snapshot);
      DispatcherSelector queues = DispatcherSelector.fromConfig(settings.queueDispatcher());
      upstream = spawn(Upstream.create(device, unsent, context.getSelf()), "upstream", queues);
      queueOwners.add(upstream);
      interrupt =
          spawn(
              Interrupt.create(device, line, context.getSelf(), upstream, settings),
              "interrupt",
              queues);
      queueOwners.add(interrupt);
      control =
          spawn(
              Control.create(
                  device,
                  context.getSelf(),
                  upstream,
                  controlRecord,
                  events,
                  settings.controlTimeout()),
              "control");
      queueOwners.add(control);
      announcement =
          spawn(
              Announcement.create(
                  deviceControl,
                  events,
                  device.counters(),
                  settings.controlTimeout(),
                  context.getSelf()),
              "announcement");
      announceIfAsked(device.initialState());
      startup =
          spawn(
              Startup.create(handle, device.counters(), unsent, interrupt, upstream, settings),
              "startup");
    }

    private <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
      return spawn(behavior, name, DispatcherSelector.sameAsParent());
    }

    private <T> ActorRef<T> spawn(
        Behavior<T> behavior, String name, DispatcherSelector dispatcher) {
      ActorRef<T> child = context.spawn(behavior, name, dispatcher);
      context.watch(child);
      return child;
    }

    Behavior<Command> behavior() {
      return Behaviors.receive(Command.class)
          .onMessage(Connect.class, this::onConnect)
          .onMessage(Describe.class, this::onDescribe)
          .onMessage(ControlRequest.class, this::onControl)
          .onMessage(ConfigurationChanged.class, this::onConfigurationChanged)
          .onMessage(LookAgain.class, again -> look())
          .onMessage(Broken.class, broken -> fail(broken.reason()))
          .onSignal(ChildFailed.class, this::onChildFailed)
          .onSignal(PostStop.class, stop -> onPostStop())
          .build();
    }

    private Behavior<Command> onConnect(Connect connect) {
      startup.tell(connect);
      return Behaviors.same();
    }

    private Behavior<Command> onDescribe(Describe describe) {
      describe.replyTo().tell(new Up(handle));
      return Behaviors.same();
    }

    private Behavior<Command> onControl(ControlRequest request) {
      control.tell(request);
      return Behaviors.same();
    }

    private void announceIfAsked(LinkState state) {
      if (state.announce()) {
        announcement.tell(Announcement.ASKED);
      }
    }

    private Behavior<Command> onConfigurationChanged(ConfigurationChanged changed) {
      changed.taken().run();
      device.counters().increment(Counter.CONFIG_CHANGES);
      return look();
    }

    private Behavior<Command> look() {
      try {
        if (device.needsReset()) {
          return fail("it met an error and asks to be reset");
        }
        LinkState state = device.readState();
        Link now = state.link();
        if (links.set(now)) {
          device.counters().increment(Counter.LINK_CHANGES);
          LOG.info("{}: link {}", slot.name(), now);
          events.tell(new DeviceEvent.LinkChanged(now));
        }
        announceIfAsked(state);
        return Behaviors.same();
      } catch (VirtioException | MachineException e) {
        return fail(String.valueOf(e.getMessage()));
      }
    }

    private Behavior<Command> onChildFailed(ChildFailed failure) {
      String name = failure.getRef().path().name();
      LOG.error("{}: its {} actor failed", slot.name(), name, failure.cause());
      queueOwners.remove(failure.getRef());
      return fail("its %s actor failed: %s".formatted(name, failure.cause()));
    }

    /** Stops those who use the queues; when they have stopped, the device is reset. */
    private Behavior<Command> fail(String reason) {
      LOG.error("{} is lost: {}", slot.name(), reason);
      context.stop(interrupt);
      context.stop(upstream);
      control.tell(new Control.End(reason));
      context.stop(announcement);
      endEvents();
      deviceControl.refuse("device %s is lost: %s".formatted(slot.name(), reason));
      return quiescing(reason, startup);
    }

    private void endEvents() {
      links.end();
      events.end();
    }

    private Behavior<Command> onPostStop() {
      endEvents();
      deviceControl.end("the driver of device %s has stopped".formatted(slot.name()));
      endDevice();
      return Behaviors.same();
    }
  }

  private Behavior<Command> quiescing(String reason, ActorRef<Startup.Command> startup) {
    if (queueOwners.isEmpty()) {
      giveDeviceUp();
      startup.tell(new Startup.DeviceLost(reason));
      return failed(reason);
    }
    return answering(reason)
        .onSignal(
            Terminated.class,
            terminated -> {
              queueOwners.remove(terminated.getRef());
              return quiescing(reason, startup);
            })
        .onSignal(
            PostStop.class,
            stop -> {
              endDevice();
              return Behaviors.same();
            })
        .build();
  }

  private Behavior<Command> failed(String reason) {
    return answering(reason).onSignal(Terminated.class, terminated -> Behaviors.same()).build();
  }

  /** Tells whoever asks that the device is no more. */
  private BehaviorBuilder<Command> answering(String reason) {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, connect -> refuse(connect, reason))
        .onMessage(
            ControlRequest.class,
            request -> {
              request.fail(ControlException.Kind.DEVICE_LOST, reason);
              return Behaviors.same();
            })
        .onMessage(
            Describe.class,
            describe -> {
              describe.replyTo().tell(new Failed(slot, reason));
              return Behaviors.same();
            })
        .onAnyMessage(other -> Behaviors.same());
  }

  private Behavior<Command> refuse(Connect connect, String reason) {
    connect.replyTo().tell(new Refused("device %s failed: %s".formatted(slot.name(), reason)));
    return Behaviors.same();
  }

  /** Says before the reset that the device did wrong. */
  private void giveDeviceUp() {
    NetDevice device = net;
    if (device != null) {
      device.fail();
    }
    endDevice();
  }

  /** Only when the children have stopped: nobody uses queues and hand-offs any more. */
  private void endDevice() {
    NetDevice device = net;
    if (device == null) {
      return;
    }
    unsent.forEach(HandOff::close);
    try {
      device.end();
      LOG.debug("{} was reset", slot.name());
    } catch (VirtioException | MachineException e) {
      LOG.warn("{}: its memory is withdrawn: {}", slot.name(), e.getMessage());
    }
  }
}
