package virtionet.net;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Frames through the queues of a device that costs next to nothing and runs on the same processor:
 * no cache line comes from another one. By bursts of 64.
 */
@State(Scope.Thread)
public class FrameBenchmark {
  private static final int BURST = 64;

  /** The rings' format. */
  @Param({"split", "packed"})
  public String ring;

  /** Bytes of each frame. */
  @Param({"64", "1500"})
  public int bytes;

  private final FrameBatch batch = FrameBatch.ofCapacity(BURST);
  private InstantNetDevice device;
  private ReceiveQueue receive;
  private TransmitQueue transmit;
  private int sum;

  @Setup(Level.Trial)
  public void setUp() {
    device = new InstantNetDevice(ring.equals("packed"), false);
    receive = device.receiveQueue();
    transmit = device.transmitQueue();
  }

  @TearDown(Level.Trial)
  public void tearDown() {
    device.close();
  }

  /** Received as a batch, released, and their buffers given to the device again. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public int receiveBatch() {
    device.receiveFrames(BURST, bytes);
    int taken = receive.receive(batch, BURST);
    batch.clear();
    receive.refill();
    return taken;
  }

  /** Received as frames, each an object, and released one by one. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public int receiveFrames() {
    device.receiveFrames(BURST, bytes);
    receive.receive(
        frame -> {
          sum += frame.length();
          frame.release();
        },
        BURST);
    return sum;
  }

  /** Received as a batch, sent as it is, and reclaimed: the loop of a reflector. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public int reflectBatch() {
    device.receiveFrames(BURST, bytes);
    receive.receive(batch, BURST);
    transmit.send(batch);
    transmit.flush();
    device.transmitFrames();
    int reaped = transmit.reap();
    receive.refill();
    return reaped;
  }

  /** A frame in device memory, filled by nobody, sent and reclaimed. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public int allocateAndSend() {
    for (int i = 0; i < BURST; i++) {
      transmit.send(transmit.allocate(bytes).orElseThrow());
    }
    transmit.flush();
    device.transmitFrames();
    return transmit.reap();
  }
}
