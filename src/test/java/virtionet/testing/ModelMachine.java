package virtionet.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import virtionet.machine.ContiguousMemory;
import virtionet.machine.DeviceMemory;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;

/** A machine of device models, one a slot. Any thread. */
public final class ModelMachine implements Machine {
  private static final long BASE = 0x8000_0000L;
  private static final long FIRST_SLOT = 0x1000_1000L;
  private static final long SLOT_BYTES = 0x200;

  private final List<Slot> slots = new ArrayList<>();
  private final List<NetDeviceModel> devices = new ArrayList<>();
  private final List<Registers> registers = new ArrayList<>();
  private final ContiguousMemory memory;
  private final DeviceView view;
  private final CompletableFuture<String> lost = new CompletableFuture<>();
  private volatile boolean closed;

  private ModelMachine(long memoryBytes, List<ModelSettings> models) {
    MemorySegment block = Arena.ofAuto().allocate(memoryBytes, 4096);
    memory = new ContiguousMemory(block, BASE);
    view = new DeviceView(block, BASE);
    for (ModelSettings model : models) {
      int number = slots.size();
      long address = FIRST_SLOT + number * SLOT_BYTES;
      slots.add(
          new Slot(
              "virtio_mmio@%x".formatted(address),
              address,
              SLOT_BYTES,
              OptionalInt.of(number + 1),
              true));
      var device = new NetDeviceModel(model, view);
      devices.add(device);
      registers.add(new RegisterRules(device, device::addViolation));
    }
  }

  /** A machine with 32 MiB of device memory. */
  public static ModelMachine of(ModelSettings... models) {
    return withMemory(32 << 20, models);
  }

  public static ModelMachine withMemory(long bytes, ModelSettings... models) {
    return new ModelMachine(bytes, List.of(models));
  }

  /** The device in a slot, from 0 on. */
  public NetDeviceModel device(int slot) {
    return devices.get(slot);
  }

  /** Its memory as the devices see it. */
  public DeviceView view() {
    return view;
  }

  /** How many slots have a device. */
  public int deviceCount() {
    return devices.size();
  }

  /** The machine is gone from now on. */
  public void lose(String reason) {
    closed = true;
    devices.forEach(device -> device.line().close());
    lost.complete(reason);
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public String description() {
    return "device model";
  }

  @Override
  public List<Slot> slots(Set<String> compatible) {
    throwIfClosed();
    return compatible.contains("virtio,mmio") ? List.copyOf(slots) : List.of();
  }

  @Override
  public Registers access(Slot slot) {
    throwIfClosed();
    return registers.get(slots.indexOf(slot));
  }

  @Override
  public DeviceMemory memory() {
    throwIfClosed();
    return memory;
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    throwIfClosed();
    ModelInterruptLine line = devices.get(slots.indexOf(slot)).line();
    line.reopen();
    return line;
  }

  private void throwIfClosed() {
    if (closed) {
      throw new MachineException("the model machine is closed");
    }
  }

  @Override
  public CompletionStage<String> lost() {
    return lost.minimalCompletionStage();
  }

  @Override
  public void close() {
    closed = true;
    devices.forEach(device -> device.line().close());
  }
}
