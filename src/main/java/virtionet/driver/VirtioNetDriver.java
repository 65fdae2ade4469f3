package virtionet.driver;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Connect.Refused;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.machine.SlotClosedException;
import virtionet.net.MacAddress;
import virtionet.virtio.MmioProbe;
import virtionet.virtio.MmioProbe.Finding;

/**
 * The driver's root, one in an actor system: opens the machine, looks into each of its slots, and
 * has one child for each network card. Stopping it resets the devices and then closes the machine,
 * in this order: their memory is unmapped only when they have let go of it.
 */
public final class VirtioNetDriver {
  private static final Logger LOG = LoggerFactory.getLogger(VirtioNetDriver.class);

  /** What the driver can be asked. */
  public sealed interface Command permits Connect, Scan, DescribeDevices, Stop, MachineLost {}

  /** Asks what stands in the slots. */
  public record Scan(ActorRef<ScanResult> replyTo) implements Command {}

  /** Asks what has become of each device; answered when all are up or failed. */
  public record DescribeDevices(ActorRef<DescribeResult> replyTo) implements Command {}

  /** Ends the driver; answered when its devices are reset and the machine is closed. */
  public record Stop(ActorRef<Done> replyTo) implements Command {}

  record MachineLost(String reason) implements Command {}

  /** Answer to {@link Scan}. */
  public sealed interface ScanResult {}

  /** The machine was scanned. */
  public record Scanned(ScanReport report) implements ScanResult {}

  /** Answer to {@link DescribeDevices}. */
  public sealed interface DescribeResult {}

  /** There is no machine. */
  public record NoMachine(MachineException failure) implements ScanResult, DescribeResult {}

  /**
   * The devices were looked at.
   *
   * @param problem why there is none, when there is none
   */
  public record Devices(List<Device.Description> devices, String problem)
      implements DescribeResult {}

  private final ActorContext<Command> context;
  private final DriverSettings settings;
  private final MacAddress ownMac = MacAddress.randomLocal(new SecureRandom());

  /**
   * The driver's behavior; to be spawned on a dispatcher of its own, since its actors wait for
   * devices.
   *
   * @param opener opens the machine; may take long, and may throw
   */
  public static Behavior<Command> create(Supplier<Machine> opener, DriverSettings settings) {
    // Opened here, in the actor's first step: whatever comes meanwhile waits in the mailbox, also
    // the order to stop, and so no machine is ever left behind.
    return Behaviors.setup(context -> new VirtioNetDriver(context, settings).open(opener));
  }

  private VirtioNetDriver(ActorContext<Command> context, DriverSettings settings) {
    this.context = context;
    this.settings = settings;
  }

  private Behavior<Command> open(Supplier<Machine> opener) {
    try {
      Machine machine = opener.get();
      return new Running(machine, slots(machine)).behavior();
    } catch (MachineException e) {
      return withoutMachine(e);
    } catch (RuntimeException e) {
      return withoutMachine(new MachineException("the machine cannot be opened: " + e, e));
    }
  }

  /** Closes the machine when it fails: no device was started on it yet. */
  private List<Slot> slots(Machine machine) {
    try {
      return machine.slots(settings.compatible());
    } catch (RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  private static Behavior<Command> withoutMachine(MachineException failure) {
    LOG.error("cannot open the machine: {}", failure.getMessage());
    LOG.debug("cannot open the machine", failure);
    String reason = String.valueOf(failure.getMessage());
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, connect -> refuse(connect, reason))
        .onMessage(
            Scan.class,
            scan -> {
              scan.replyTo().tell(new NoMachine(failure));
              return Behaviors.same();
            })
        .onMessage(
            DescribeDevices.class,
            describe -> {
              describe.replyTo().tell(new NoMachine(failure));
              return Behaviors.same();
            })
        .onMessage(Stop.class, VirtioNetDriver::onStop)
        .onAnyMessage(other -> Behaviors.same())
        .build();
  }

  /** The callback runs after {@link PostStop} was handled, or this state has nothing to end. */
  private static Behavior<Command> onStop(Stop stop) {
    return Behaviors.stopped(() -> stop.replyTo().tell(Done.getInstance()));
  }

  private static Behavior<Command> refuse(Connect connect, String reason) {
    connect.replyTo().tell(new Refused(reason));
    return Behaviors.same();
  }

  /** The state in which there is a machine. */
  private final class Running {
    private final Machine machine;
    private final ScanReport report;

    /** The devices' actors by their names, in the order of their addresses. */
    private final Map<String, ActorRef<Device.Command>> devices = new LinkedHashMap<>();

    /** Those whose actors have ended, which none should, by their names. */
    private final Map<String, Device.Failed> ended = new LinkedHashMap<>();

    Running(Machine machine, List<Slot> slots) {
      this.machine = machine;
      report = new ScanReport(machine.description(), slots.stream().map(this::scan).toList());
      ActorRef<Command> self = context.getSelf();
      machine.lost().thenAccept(reason -> self.tell(new MachineLost(reason)));
    }

    /** Never throws: a device of an earlier slot may be at work, and the machine has to stay. */
    private ScanReport.Line scan(Slot slot) {
      Finding finding;
      try {
        Registers registers = machine.registers(slot);
        finding = MmioProbe.probe(registers);
        if (finding instanceof MmioProbe.Device found && found.isNetworkCard()) {
          devices.put(slot.name(), spawn(slot, registers, found));
        }
      } catch (SlotClosedException e) {
        finding = new MmioProbe.Closed(String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        LOG.debug("{} cannot be used", slot, e);
        finding = new MmioProbe.Unusable(e.getMessage() == null ? e.toString() : e.getMessage());
      }
      if (finding instanceof MmioProbe.Unusable unusable) {
        LOG.warn("{}: {}", slot, unusable.reason());
      }
      return new ScanReport.Line(slot, finding);
    }

    private ActorRef<Device.Command> spawn(Slot slot, Registers registers, MmioProbe.Device found) {
      ActorRef<Device.Command> device =
          context.spawn(
              Device.create(machine, slot, registers, found, ownMac(slot), settings),
              slot.name().replaceAll("[^-\\w.@]", "_"),
              DispatcherSelector.sameAsParent());
      context.watch(device);
      return device;
    }

    Behavior<Command> behavior() {
      return Behaviors.receive(Command.class)
          .onMessage(Connect.class, this::onConnect)
          .onMessage(Scan.class, this::onScan)
          .onMessage(DescribeDevices.class, this::onDescribe)
          .onMessage(MachineLost.class, this::onMachineLost)
          .onMessage(Stop.class, VirtioNetDriver::onStop)
          .onSignal(Terminated.class, this::onDeviceTerminated)
          .onSignal(PostStop.class, stop -> onPostStop())
          .build();
    }

    private Behavior<Command> onConnect(Connect connect) {
      if (devices.isEmpty() && ended.isEmpty()) {
        return refuse(connect, report.whyNoDevice());
      }
      String name = connect.device().orElseGet(this::firstDevice);
      ActorRef<Device.Command> device = devices.get(name);
      Device.Failed failed = ended.get(name);
      if (failed != null) {
        return refuse(connect, "device %s failed: %s".formatted(name, failed.reason()));
      }
      if (device == null) {
        return refuse(
            connect,
            "there is no network device %s; there is %s".formatted(name, devices.keySet()));
      }
      device.tell(connect);
      return Behaviors.same();
    }

    private String firstDevice() {
      return (devices.isEmpty() ? ended : devices).keySet().iterator().next();
    }

    private Behavior<Command> onScan(Scan scan) {
      scan.replyTo().tell(new Scanned(report));
      return Behaviors.same();
    }

    private Behavior<Command> onDescribe(DescribeDevices describe) {
      if (devices.isEmpty()) {
        String problem = ended.isEmpty() ? report.whyNoDevice() : "";
        describe.replyTo().tell(new Devices(List.copyOf(ended.values()), problem));
      } else {
        context.spawnAnonymous(
            DeviceSurvey.create(devices, report, ended.values(), describe.replyTo()));
      }
      return Behaviors.same();
    }

    private Behavior<Command> onMachineLost(MachineLost lost) {
      LOG.error("{} is lost: {}", machine.description(), lost.reason());
      devices.values().forEach(device -> device.tell(new Device.Broken(lost.reason())));
      return Behaviors.same();
    }

    private Behavior<Command> onDeviceTerminated(Terminated terminated) {
      String reason = "its actor has ended";
      if (terminated instanceof ChildFailed failure) {
        LOG.error("the actor of device {} failed", failure.getRef().path().name(), failure.cause());
        reason = "its actor failed: " + failure.cause();
      }
      for (ScanReport.Line line : report.slots()) {
        String name = line.slot().name();
        ActorRef<Device.Command> device = devices.get(name);
        if (device != null && device.path().equals(terminated.getRef().path())) {
          devices.remove(name);
          ended.put(name, new Device.Failed(line.slot(), reason));
        }
      }
      return Behaviors.same();
    }

    /** The devices' actors have stopped before, each with its device reset. */
    private Behavior<Command> onPostStop() {
      try {
        machine.close();
        LOG.debug("{} is closed", machine.description());
      } catch (RuntimeException e) {
        LOG.error("{} was not closed as it should be: {}", machine.description(), e.getMessage());
        LOG.debug("{}", machine.description(), e);
      }
      return Behaviors.same();
    }
  }

  /** The same address for a slot each time, different ones for different slots. */
  private MacAddress ownMac(Slot slot) {
    return new MacAddress(ownMac.bits() ^ (slot.address() >>> 8 & 0xffff));
  }
}
