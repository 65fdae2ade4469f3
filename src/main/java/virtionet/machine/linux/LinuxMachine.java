package virtionet.machine.linux;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.DeviceMemory;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.machine.SlotClosedException;

/**
 * The Linux system that this process runs in, a virtual machine as a rule: its virtio-mmio devices
 * that are bound to UIO. Needs root, and huge pages.
 *
 * <p>A device that demands ACCESS_PLATFORM stands behind an IOMMU, and is refused in negotiation:
 * the addresses that it is given here are the machine's physical ones.
 */
public final class LinuxMachine implements Machine {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxMachine.class);

  /** For others that start: each of their devices may take its time to be reset. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final LinuxPaths paths;
  private final List<PlatformDevice> attached = new ArrayList<>();
  private final Map<String, UioDevice> open = new LinkedHashMap<>();

  /** Unmapped once nobody can reach into it: frames may be held beyond the machine's end. */
  private final Arena arena = Arena.ofAuto();

  private Claim claim;
  private LinuxSlots slots = new LinuxSlots();
  private @Nullable HugePages pages;
  private boolean closed;

  private LinuxMachine(LinuxPaths paths) {
    this.paths = paths;
    claim = Claim.ofThisProcess(paths);
  }

  /**
   * Opens the system's devices. What a killed process left is set right before.
   *
   * @param reset how a device is quieted that such a process left running
   * @throws virtionet.machine.MachineUnavailableException when the system or the process lacks
   *     something: the message says what to do
   * @throws MachineException when a device to attach cannot be taken
   */
  public static LinuxMachine open(LinuxOptions options, DeviceReset reset) {
    return open(options.paths(), options, reset);
  }

  static LinuxMachine open(LinuxPaths paths, LinuxOptions options, DeviceReset reset) {
    try (var _ = StartLock.take(paths, PATIENCE)) {
      Leftovers.clear(paths, reset);
      return prepared(paths, options);
    }
  }

  private static LinuxMachine prepared(LinuxPaths paths, LinuxOptions options) {
    var machine = new LinuxMachine(paths);
    try {
      machine.prepare(options);
      return machine;
    } catch (RuntimeException e) {
      try {
        machine.close();
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e;
    }
  }

  /**
   * Sets right what killed processes left, without opening anything.
   *
   * @return the devices that were given back to the kernel
   */
  public static List<String> clearLeftovers(Path root, DeviceReset reset) {
    return clearLeftovers(new LinuxPaths(root), reset);
  }

  static List<String> clearLeftovers(LinuxPaths paths, DeviceReset reset) {
    // Whoever may only look needs no lock.
    if (Claim.all(paths).stream().allMatch(claim -> claim.isAlive(paths))) {
      return List.of();
    }
    try (var _ = StartLock.take(paths, PATIENCE)) {
      return Leftovers.clear(paths, reset);
    }
  }

  private void prepare(LinuxOptions options) {
    List<PlatformDevice> wanted =
        options.attach().stream().map(name -> Attachment.find(paths, name)).distinct().toList();
    for (PlatformDevice device : wanted) {
      refuseIfTaken(device);
      Attachment.check(paths, device, options.force());
    }
    HugePageMount mount = HugePageMount.find(paths);
    Path file = mount.folder().resolve("virtionet-" + claim.name());
    note(claim.withMemory(file));
    pages = HugePages.take(paths, mount, file, options.memory(), arena);
    for (PlatformDevice device : wanted) {
      note(claim.withDevice(device.name(), true));
      attached.add(device);
      Attachment.take(device);
    }
  }

  private void note(Claim now) {
    now.write(paths);
    claim = now;
  }

  private void refuseIfTaken(PlatformDevice device) {
    for (Claim other : Claim.all(paths)) {
      if (!other.name().equals(claim.name()) && other.holds(paths, device.name())) {
        throw new MachineException(
            "%s is busy: process %d drives it".formatted(device, other.process()));
      }
    }
  }

  @Override
  public String description() {
    return "Linux %s %s".formatted(System.getProperty("os.version"), System.getProperty("os.arch"));
  }

  @Override
  public synchronized List<Slot> slots(Set<String> compatible) {
    throwIfClosed();
    slots = LinuxSlots.find(paths, compatible);
    return slots.slots();
  }

  @Override
  public Registers access(Slot slot) {
    return device(slot).registers();
  }

  @Override
  public synchronized DeviceMemory memory() {
    throwIfClosed();
    return Objects.requireNonNull(pages).memory();
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    return device(slot).line();
  }

  private synchronized UioDevice device(Slot slot) {
    throwIfClosed();
    PlatformDevice device = slots.device(slot);
    UioDevice opened = open.get(device.name());
    return opened == null ? open(slot, device) : opened;
  }

  private UioDevice open(Slot slot, PlatformDevice device) {
    if (device.uio().isEmpty()) {
      throw new SlotClosedException(whoHas(device));
    }
    if (!claim.devices().contains(device.name())) {
      try (var _ = StartLock.take(paths, PATIENCE)) {
        refuseIfTaken(device);
        note(claim.withDevice(device.name(), false));
      }
    }
    UioDevice uio = UioDevice.open(paths, Leftovers.uioOf(device), slot.size());
    open.put(device.name(), uio);
    return uio;
  }

  private static String whoHas(PlatformDevice device) {
    return device
        .driver()
        .map(
            driver ->
                "the kernel's driver %s has it%s"
                    .formatted(
                        driver,
                        device.networkInterface().map(name -> " (" + name + ")").orElse("")))
        .orElse("no driver has it: empty, as a rule");
  }

  private void throwIfClosed() {
    if (closed) {
      throw new MachineException("the machine was closed");
    }
  }

  /** The kernel does not go away. */
  @Override
  public CompletionStage<String> lost() {
    return new CompletableFuture<String>().minimalCompletionStage();
  }

  /**
   * Gives devices back to the kernel, and memory. Where a device has not confirmed its reset, its
   * memory and the note of it stay, and the next start tries again; also where something fails.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    HugePages taken = pages;
    boolean quiet = taken == null || taken.memory().quarantined() == 0;
    List<Runnable> steps = new ArrayList<>();
    open.values().forEach(device -> steps.add(device::close));
    if (taken != null && quiet) {
      steps.add(() -> HugePages.delete(taken.file()));
    }
    if (quiet) {
      steps.add(() -> Attachment.giveBack(attached));
    } else {
      LOG.error(
          "{} stays: a device has not confirmed its reset and may still write there; the next"
              + " start tries again",
          claim.memory().orElseThrow());
    }
    runAll(steps);
    if (quiet) {
      claim.delete(paths);
    } else {
      claim.abandoned().write(paths);
    }
  }

  /** Each step is tried; what fails stays noted for the next start. */
  private void runAll(List<Runnable> steps) {
    RuntimeException failure = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      claim.abandoned().write(paths);
      throw failure;
    }
  }

  @Override
  public String toString() {
    return "%s, devices %s".formatted(description(), claim.devices());
  }
}
