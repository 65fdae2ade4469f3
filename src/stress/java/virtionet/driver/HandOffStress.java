package virtionet.driver;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import virtionet.net.Frame;

/** Driver and stream meet in a {@link HandOff}: nobody sleeps through the other's news. */
public class HandOffStress {
  private static final int DONE = 1;
  private static final int TOLD = 2;
  private static final int ASLEEP = 3;

  private HandOffStress() {}

  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the frame was there")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "the consumer is told to look again")
  @Outcome(id = "3, 1", expect = ACCEPTABLE, desc = "it sleeps and is woken, once")
  @Outcome(id = "3, 0", expect = FORBIDDEN, desc = "it sleeps for ever, a frame before it")
  @Outcome(expect = FORBIDDEN, desc = "woken though it is awake, or twice")
  @State
  public static class Wake {
    private final HandOff handOff = new HandOff(4);
    private final Frame frame = Frame.ofLength(1);
    private int woken;

    public Wake() {
      handOff.onWake(() -> woken++);
    }

    @Actor
    public void producer() {
      handOff.offer(frame);
      handOff.wake();
    }

    @Actor
    public void consumer(II_Result r) {
      if (handOff.poll() != null) {
        r.r1 = DONE;
      } else {
        r.r1 = handOff.sleep() ? ASLEEP : TOLD;
      }
    }

    @Arbiter
    public void after(II_Result r) {
      r.r2 = woken;
    }
  }

  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "there was room")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "the producer is told to try again")
  @Outcome(id = "3, 1", expect = ACCEPTABLE, desc = "it waits and is woken, once")
  @Outcome(id = "3, 0", expect = FORBIDDEN, desc = "it waits for ever, with room")
  @Outcome(expect = FORBIDDEN, desc = "woken though it does not wait, or twice")
  @State
  public static class Room {
    private final HandOff handOff = new HandOff(1);
    private final Frame frame = Frame.ofLength(1);
    private int woken;

    public Room() {
      handOff.onRoom(() -> woken++);
      handOff.offer(Frame.ofLength(1));
    }

    @Actor
    public void consumer() {
      handOff.poll();
      handOff.signalRoom();
    }

    @Actor
    public void producer(II_Result r) {
      if (handOff.offer(frame)) {
        r.r1 = DONE;
      } else {
        r.r1 = handOff.awaitRoom() ? ASLEEP : TOLD;
      }
    }

    @Arbiter
    public void after(II_Result r) {
      r.r2 = woken;
    }
  }

  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "taken and let go")
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "still the producer's")
  @Outcome(id = "true, false", expect = FORBIDDEN, desc = "a frame that nobody has")
  @Outcome(id = "false, true", expect = FORBIDDEN, desc = "let go while the producer has it")
  @State
  public static class Close {
    private final HandOff handOff = new HandOff(4);
    private final Frame frame = Frame.ofLength(1);

    @Actor
    public void producer(ZZ_Result r) {
      r.r1 = handOff.offer(frame);
      handOff.wake();
    }

    @Actor
    public void consumer() {
      handOff.close();
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = frame.isReleased();
    }
  }

  /** The end is told to a consumer that sleeps, whenever it began to. */
  @JCStressTest
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "seen, and told as well")
  @Outcome(id = "3, 1", expect = ACCEPTABLE, desc = "told")
  @Outcome(expect = FORBIDDEN, desc = "the end was not told")
  @State
  public static class Finish {
    private final HandOff handOff = new HandOff(4);
    private int woken;

    public Finish() {
      handOff.onWake(() -> woken++);
    }

    @Actor
    public void producer() {
      handOff.finish();
    }

    @Actor
    public void consumer(II_Result r) {
      r.r1 = handOff.sleep() ? ASLEEP : TOLD;
    }

    @Arbiter
    public void after(II_Result r) {
      r.r2 = woken;
    }
  }
}
