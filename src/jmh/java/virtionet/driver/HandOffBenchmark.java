package virtionet.driver;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;

/**
 * The queue between driver and stream, by bursts of 64, both sides on one thread as on the driver's
 * event loop: nobody sleeps, and nobody is woken.
 */
@State(Scope.Thread)
public class HandOffBenchmark {
  private static final int BURST = 64;

  private final HandOff handOff = new HandOff(256);
  private final Frame[] frames = new Frame[BURST];
  private FrameBatch batch = FrameBatch.ofCapacity(BURST);
  private FrameBatch other = FrameBatch.ofCapacity(BURST);

  @Setup
  public void setUp() {
    for (int i = 0; i < BURST; i++) {
      frames[i] = Frame.ofLength(64);
      batch.add(Frame.ofLength(64));
    }
  }

  @Benchmark
  @OperationsPerInvocation(BURST)
  public int batch() {
    handOff.offer(batch);
    handOff.wake();
    int polled = handOff.poll(other);
    handOff.signalRoom();
    FrameBatch empty = batch;
    batch = other;
    other = empty;
    return polled;
  }

  @Benchmark
  @OperationsPerInvocation(BURST)
  public int oneByOne() {
    for (Frame frame : frames) {
      handOff.offer(frame);
    }
    handOff.wake();
    int polled = 0;
    while (handOff.poll() != null) {
      polled++;
    }
    handOff.signalRoom();
    return polled;
  }
}
