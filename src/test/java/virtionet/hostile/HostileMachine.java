package virtionet.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntUnaryOperator;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.ModelMachine;

/** A model machine whose registers lie as a test wants it. Any thread. */
final class HostileMachine extends DelegatingMachine {
  private final Map<Long, IntUnaryOperator> lies = new ConcurrentHashMap<>();
  private final Map<Long, Runnable> traps = new ConcurrentHashMap<>();
  private final List<Long> reads = new CopyOnWriteArrayList<>();
  private final List<Long> writes = new CopyOnWriteArrayList<>();

  HostileMachine(ModelMachine model) {
    super(model);
  }

  /** From now on the register reads as this makes of its true value. */
  void lie(long offset, IntUnaryOperator value) {
    lies.put(offset, value);
  }

  /** The register tells the truth again. */
  void beHonest(long offset) {
    lies.remove(offset);
  }

  /** Something happens once, right before the register's next write takes effect. */
  void beforeWrite(long offset, Runnable what) {
    traps.put(offset, what);
  }

  /** Forgets the accesses until now. */
  void forgetAccesses() {
    reads.clear();
    writes.clear();
  }

  /** Registers that were read since. */
  List<Long> reads() {
    return new ArrayList<>(reads);
  }

  /** Registers that were written since. */
  List<Long> writes() {
    return new ArrayList<>(writes);
  }

  @Override
  public Registers access(Slot slot) {
    return new ForwardingRegisters(super.access(slot)) {
      @Override
      public int read8(long offset) {
        return told(offset, super.read8(offset)) & 0xff;
      }

      @Override
      public int read16(long offset) {
        return told(offset, super.read16(offset)) & 0xffff;
      }

      @Override
      public int read32(long offset) {
        return told(offset, super.read32(offset));
      }

      private int told(long offset, int truth) {
        reads.add(offset);
        return lies.getOrDefault(offset, value -> value).applyAsInt(truth);
      }

      @Override
      public void write32(long offset, int value) {
        writes.add(offset);
        Runnable trap = traps.remove(offset);
        if (trap != null) {
          trap.run();
        }
        super.write32(offset, value);
      }
    };
  }
}
