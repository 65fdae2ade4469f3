package virtionet.testing;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import virtionet.machine.DeviceMemory;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.Registers;
import virtionet.machine.Slot;

/** A model machine, but for what a test overrides. */
public class DelegatingMachine implements Machine {
  private final ModelMachine model;

  public DelegatingMachine(ModelMachine model) {
    this.model = model;
  }

  public ModelMachine model() {
    return model;
  }

  @Override
  public String description() {
    return model.description();
  }

  @Override
  public List<Slot> slots(Set<String> compatible) {
    return model.slots(compatible);
  }

  @Override
  public Registers access(Slot slot) {
    return model.access(slot);
  }

  @Override
  public DeviceMemory memory() {
    return model.memory();
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    return model.interruptLine(slot);
  }

  @Override
  public CompletionStage<String> lost() {
    return model.lost();
  }

  @Override
  public void close() {
    model.close();
  }
}
