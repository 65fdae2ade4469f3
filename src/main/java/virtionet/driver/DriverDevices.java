package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.VirtioNetDriver.Command;
import virtionet.machine.DeviceAccess;
import virtionet.machine.Machine;
import virtionet.machine.Slot;
import virtionet.machine.SlotClosedException;
import virtionet.net.MacAddress;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/**
 * The network devices of a machine, and of each that comes in its place: the actors, by the names
 * of their slots. For the driver's actor alone.
 */
final class DriverDevices {
  private static final Logger LOG = LoggerFactory.getLogger(VirtioNetDriver.class);

  private final ActorContext<Command> context;
  private final DriverSettings settings;
  private final MacAddress ownMac = MacAddress.randomLocal(new SecureRandom());

  /** In the order of their addresses. */
  private final Map<String, ActorRef<Device.Command>> actors = new LinkedHashMap<>();

  private final Map<String, Slot> slots = new HashMap<>();

  /** Those whose actors have ended, which none should, by their names. */
  private final Map<String, Device.Failed> ended = new LinkedHashMap<>();

  private ScanReport report = new ScanReport("no machine", List.of());

  DriverDevices(ActorContext<Command> context, DriverSettings settings) {
    this.context = context;
    this.settings = settings;
  }

  /**
   * Looks into each slot: new network cards get an actor, those that have one are attached, and
   * those that are there no more are abandoned.
   */
  void scan(Machine machine, List<Slot> found) {
    Set<String> gone = new HashSet<>(actors.keySet());
    report =
        new ScanReport(
            machine.description(),
            found.stream()
                .map(slot -> new ScanReport.Line(slot, scan(machine, slot, gone)))
                .toList());
    for (String name : gone) {
      String reason = "%s, started again, has no such device".formatted(machine.description());
      tell(name, new Device.Abandon(new Fault(Fault.Kind.MACHINE, reason)));
    }
  }

  /** Never throws: a device of an earlier slot may be at work, and the machine has to stay. */
  private Finding scan(Machine machine, Slot slot, Set<String> gone) {
    Finding finding;
    try {
      DeviceAccess access = machine.access(slot);
      finding = Probe.probe(access);
      if (finding instanceof Finding.Device found && found.isNetworkCard()) {
        gone.remove(slot.name());
        start(new DevicePlace(machine, slot, access, found));
      }
    } catch (SlotClosedException e) {
      finding = new Finding.Closed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.debug("{} cannot be used", slot, e);
      finding = new Finding.Unusable(e.getMessage() == null ? e.toString() : e.getMessage());
    }
    if (finding instanceof Finding.Unusable unusable) {
      LOG.warn("{}: {}", slot, unusable.reason());
    }
    return finding;
  }

  private void start(DevicePlace place) {
    Slot slot = place.slot();
    if (actors.containsKey(slot.name())) {
      tell(slot.name(), new Device.Attach(place));
      return;
    }
    ActorRef<Device.Command> actor =
        context.spawn(
            Device.create(place, ownMac(slot), settings),
            slot.name().replaceAll("[^-\\w.@]", "_"),
            DispatcherSelector.sameAsParent());
    context.watch(actor);
    actors.put(slot.name(), actor);
    slots.put(slot.name(), slot);
    ended.remove(slot.name());
  }

  /** The same address for a slot each time, different ones for different slots. */
  private MacAddress ownMac(Slot slot) {
    return new MacAddress(ownMac.bits() ^ (slot.address() >>> 8 & 0xffff));
  }

  ScanReport report() {
    return report;
  }

  /** Whether there never was any. */
  boolean isEmpty() {
    return actors.isEmpty() && ended.isEmpty();
  }

  Map<String, ActorRef<Device.Command>> actors() {
    return actors;
  }

  Map<String, Device.Failed> ended() {
    return ended;
  }

  void tell(String name, Device.Command command) {
    Objects.requireNonNull(actors.get(name)).tell(command);
  }

  /** Tells the device of that name, or the first; or says why there is none. */
  void tell(Optional<String> wanted, Device.Command command, Consumer<String> refused) {
    if (isEmpty()) {
      refused.accept(report.whyNoDevice());
      return;
    }
    String name =
        wanted.orElseGet(() -> (actors.isEmpty() ? ended : actors).keySet().iterator().next());
    Device.Failed failed = ended.get(name);
    if (failed != null) {
      refused.accept("device %s failed: %s".formatted(name, failed.reason()));
    } else if (actors.containsKey(name)) {
      tell(name, command);
    } else {
      refused.accept("there is no network device %s; there is %s".formatted(name, actors.keySet()));
    }
  }

  /** An actor has ended; the name of its device, if it was one of ours. */
  Optional<String> remove(Terminated terminated) {
    String reason = "its actor has ended";
    if (terminated instanceof ChildFailed failure) {
      LOG.error("the actor of device {} failed", failure.getRef().path().name(), failure.cause());
      reason = "its actor failed: " + failure.cause();
    }
    Optional<String> name =
        actors.entrySet().stream()
            .filter(entry -> entry.getValue().path().equals(terminated.getRef().path()))
            .map(Map.Entry::getKey)
            .findFirst();
    if (name.isPresent()) {
      actors.remove(name.get());
      Slot slot = Objects.requireNonNull(slots.get(name.get()));
      ended.put(name.get(), new Device.Failed(slot, reason));
    }
    return name;
  }
}
