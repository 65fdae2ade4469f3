package virtionet.machine.linux;

import java.lang.foreign.Arena;
import java.nio.file.Path;
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

  private final LinuxPaths paths;
  private final List<PlatformDevice> attached = new ArrayList<>();
  private final Map<String, UioDevice> open = new LinkedHashMap<>();

  /** Unmapped once nobody can reach into it: frames may be held beyond the machine's end. */
  private final Arena arena = Arena.ofAuto();

  private Claim claim = Claim.ofThisProcess();
  private LinuxSlots slots = new LinuxSlots();
  private @Nullable HugePages pages;
  private boolean closed;

  private LinuxMachine(LinuxPaths paths) {
    this.paths = paths;
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
    LinuxPaths paths = options.paths();
    Leftovers.clear(paths, reset);
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
    return Leftovers.clear(new LinuxPaths(root), reset);
  }

  private void prepare(LinuxOptions options) {
    HugePageMount mount = HugePageMount.find(paths);
    Path file = mount.folder().resolve("virtionet-" + claim.process());
    note(claim.withMemory(file));
    pages = HugePages.take(paths, mount, file, options.memory(), arena);
    for (String name : options.attach()) {
      PlatformDevice device = Attachment.find(paths, name);
      refuseIfTaken(device);
      note(claim.withDevice(device.name(), true));
      attached.add(device);
      Attachment.take(paths, device, options.force());
    }
  }

  private void note(Claim now) {
    now.write(paths);
    claim = now;
  }

  private void refuseIfTaken(PlatformDevice device) {
    for (Claim other : Claim.all(paths)) {
      if (other.isAlive()
          && other.process() != claim.process()
          && other.devices().contains(device.name())) {
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
  public Registers registers(Slot slot) {
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
    refuseIfTaken(device);
    if (!claim.devices().contains(device.name())) {
      note(claim.withDevice(device.name(), false));
    }
    UioDevice uio = UioDevice.open(paths, Leftovers.uioOf(device), slot.size(), arena);
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
   * memory and the note of it stay, and the next start tries again.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    open.values().forEach(UioDevice::close);
    HugePages taken = pages;
    if (taken != null) {
      if (taken.memory().quarantined() > 0) {
        LOG.error(
            "{} stays: a device has not confirmed its reset and may still write there; the next"
                + " start tries again",
            taken.file());
        return;
      }
      HugePages.delete(taken.file());
    }
    Attachment.giveBack(attached);
    claim.delete(paths);
  }

  @Override
  public String toString() {
    return "%s, devices %s".formatted(description(), claim.devices());
  }
}
