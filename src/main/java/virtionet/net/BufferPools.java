package virtionet.net;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;

/**
 * The buffers of a device's queues, over its resets: a frame that somebody holds meanwhile comes
 * back to where it belongs, and no reset needs memory for a second set. One owner; what the pools
 * themselves allow is for any thread.
 */
final class BufferPools {
  private final Map<Integer, BufferPool> pools = new HashMap<>();
  private @Nullable DeviceMemory home;

  /**
   * The pool of a queue, with nothing posted: the one that it had before if that has this shape,
   * else a new one.
   *
   * @throws virtionet.machine.MachineException when there is not enough memory
   */
  BufferPool take(
      int queue, DeviceMemory memory, int count, int bufferSize, int headerLength, int alignment) {
    if (!memory.equals(home)) {
      // That of another machine is of no use.
      retire();
      home = memory;
    }
    BufferPool before = pools.get(queue);
    if (before != null && before.hasShape(count, bufferSize, headerLength)) {
      return before;
    }
    if (before != null) {
      pools.remove(queue);
      before.retire();
    }
    DeviceRegion region = memory.allocate((long) count * bufferSize, alignment);
    var pool = new BufferPool(region, count, bufferSize, headerLength);
    pools.put(queue, pool);
    return pool;
  }

  /** After a confirmed reset, when no other start follows: see {@link BufferPool#retire}. */
  void retire() {
    pools.values().forEach(BufferPool::retire);
    pools.clear();
  }

  /** When a reset was not confirmed: see {@link BufferPool#quarantine}. */
  void quarantine() {
    pools.values().forEach(BufferPool::quarantine);
    pools.clear();
  }
}
