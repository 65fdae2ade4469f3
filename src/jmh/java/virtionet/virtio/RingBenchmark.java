package virtionet.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A buffer's way into a virtqueue and back, by batches; the device's own share, on the same
 * processor, is in it.
 */
@State(Scope.Thread)
public class RingBenchmark {
  private static final int BATCH = 64;
  private static final int SIZE = 256;
  private static final long BUFFER = 0x1000;
  private static final int BYTES = 2048;

  /** The ring's format. */
  @Param({"split", "packed"})
  public String ring;

  private final long[] addresses = new long[BATCH];
  private final int[] lengths = new int[BATCH];
  private final int[] tokens = new int[BATCH];
  private final int[] taken = new int[BATCH];
  private final long[] usedLengths = new long[BATCH];
  private Virtqueue queue;
  private InstantDevice device;

  @Setup(Level.Iteration)
  public void setUp() {
    var features = new RingFeatures(ring.equals("packed"), true, false, false, false);
    RingLayout layout =
        features.packed() ? new PackedRingLayout(SIZE) : new SplitRingLayout(SIZE, 64);
    MemorySegment memory = Arena.ofAuto().allocate(layout.bytes(), layout.alignment());
    queue =
        layout instanceof SplitRingLayout split
            ? new SplitVirtqueue(0, split, memory, features, null, 0)
            : new PackedVirtqueue(0, (PackedRingLayout) layout, memory, features, null);
    device =
        InstantDevice.of(features.packed(), memory, SIZE, layout.driverArea(), layout.deviceArea());
    queue.disableInterrupts();
    for (int i = 0; i < BATCH; i++) {
      addresses[i] = BUFFER;
      lengths[i] = BYTES;
      tokens[i] = i;
    }
  }

  /** A buffer is added, published with 63 others, used, and taken back. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public int addAndReclaim() {
    queue.add(addresses, lengths, tokens, BATCH, true);
    boolean notify = queue.publish();
    device.use(BATCH, BYTES);
    return queue.poll(taken, usedLengths, BATCH) + (notify ? 1 : 0);
  }

  /** One buffer on the way at a time. */
  @Benchmark
  public int addAndReclaimOne() {
    queue.add(BUFFER, BYTES, true, 1);
    queue.publish();
    device.use(1, BYTES);
    return queue.poll();
  }
}
