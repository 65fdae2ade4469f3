package virtionet.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;

/**
 * The buffers of a device's queues, over its resets: a frame that somebody holds meanwhile comes
 * back to where it belongs, and no reset needs memory for a second set. One owner changes them; any
 * thread may ask for the balance, and what the pools themselves allow is for any thread.
 */
final class BufferPools {
  private final @Nullable LeakDetector leaks;
  private final Map<Integer, BufferPool> pools = new HashMap<>();

  /** Those that are in no use any more, but hold memory. */
  private final List<BufferPool> former = new ArrayList<>();

  private @Nullable DeviceMemory home;

  /** Those of a device that has not confirmed its reset. */
  private final List<BufferPool> withdrawn = new ArrayList<>();

  private final List<DeviceRegion> withdrawnRings = new ArrayList<>();

  /**
   * @param leaks who looks after the frames that are lent; null: nobody
   */
  BufferPools(@Nullable LeakDetector leaks) {
    this.leaks = leaks;
  }

  /** From now on the device lives there; what is in another machine's memory is of no use. */
  private void settle(DeviceMemory memory) {
    if (!memory.equals(home)) {
      retire();
      former.forEach(BufferPool::abandon);
      home = memory;
    }
  }

  /**
   * The pool of a queue, with nothing posted: the one that it had before if that has this shape,
   * else a new one.
   *
   * @throws virtionet.machine.MachineException when there is not enough memory
   */
  synchronized BufferPool take(
      int queue, DeviceMemory memory, int count, int bufferSize, int headerLength, int alignment) {
    settle(memory);
    BufferPool before = pools.get(queue);
    if (before != null && before.hasShape(count, bufferSize, headerLength)) {
      return before;
    }
    if (before != null) {
      pools.remove(queue);
      before.retire();
      former.add(before);
    }
    DeviceRegion region = memory.allocate((long) count * bufferSize, alignment);
    var pool = new BufferPool(region, count, bufferSize, headerLength, leaks);
    pools.put(queue, pool);
    return pool;
  }

  /** After a confirmed reset, when no other start follows: see {@link BufferPool#retire}. */
  synchronized void retire() {
    pools.values().forEach(BufferPool::retire);
    putAside();
  }

  /**
   * When a reset was not confirmed: see {@link BufferPool#quarantine}.
   *
   * @param rings and what else the device was given
   */
  synchronized void quarantine(List<DeviceRegion> rings) {
    rings.forEach(DeviceRegion::quarantine);
    withdrawnRings.addAll(rings);
    pools.values().forEach(BufferPool::quarantine);
    withdrawn.addAll(pools.values());
    putAside();
  }

  /**
   * The device has confirmed a reset: what was withdrawn from it before goes back.
   *
   * @param memory in which it lives now; what lies in another machine's is of no use
   * @return whether there was anything
   */
  synchronized boolean liftQuarantine(DeviceMemory memory) {
    boolean same = memory.equals(home);
    settle(memory);
    boolean lifted = same && !(withdrawn.isEmpty() && withdrawnRings.isEmpty());
    if (lifted) {
      withdrawn.forEach(BufferPool::retire);
      withdrawnRings.forEach(DeviceRegion::release);
    }
    withdrawn.clear();
    withdrawnRings.clear();
    return lifted;
  }

  private void putAside() {
    former.addAll(pools.values());
    former.removeIf(BufferPool::isGone);
    pools.clear();
  }

  /** Where all the buffers are. */
  synchronized BufferBalance balance() {
    former.removeIf(BufferPool::isGone);
    BufferBalance sum = BufferBalance.NOTHING;
    for (BufferPool pool : pools.values()) {
      sum = sum.plus(pool.balance());
    }
    for (BufferPool pool : former) {
      sum = sum.plus(pool.balance());
    }
    return sum;
  }
}
