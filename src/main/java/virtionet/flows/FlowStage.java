package virtionet.flows;

import akka.japi.Pair;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractGraphStageWithMaterializedValue;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.Frame;

/**
 * Frames in, frames out, by rules that may hold, drop, and add. Takes a frame only when one is
 * wanted and there is room to hold it. A frame that is dropped, or still held when the stream ends,
 * is released and counted.
 */
final class FlowStage
    extends AbstractGraphStageWithMaterializedValue<FlowShape<Frame, Frame>, FlowCounters> {
  private static final Logger LOG = LoggerFactory.getLogger(FlowStage.class);
  private static final String TIMER = "due";

  /** As in the driver's stage: Akka drops an element whose push and whose cancellation meet. */
  private static final int ROUNDS_TO_REST = 2;

  private final Inlet<Frame> in;
  private final Outlet<Frame> out;
  private final FlowShape<Frame, Frame> shape;
  private final int room;
  private final LongSupplier clock;
  private final BiConsumer<Frame, FlowCounter> onDrop;
  private final Function<FlowCounters, FrameRules> rules;

  /**
   * @param room frames that may be held before no more are taken
   * @param clock nanoseconds that only go forward
   * @param onDrop sees each frame that is dropped before its release
   */
  FlowStage(
      String name,
      int room,
      LongSupplier clock,
      BiConsumer<Frame, FlowCounter> onDrop,
      Function<FlowCounters, FrameRules> rules) {
    in = Inlet.create(name + ".in");
    out = Outlet.create(name + ".out");
    shape = FlowShape.of(in, out);
    this.room = room;
    this.clock = clock;
    this.onDrop = onDrop;
    this.rules = rules;
  }

  /** Rules that hold nothing. */
  static FlowStage of(String name, Function<FlowCounters, FrameRules> rules) {
    return new FlowStage(name, 1, System::nanoTime, (frame, reason) -> {}, rules);
  }

  @Override
  public FlowShape<Frame, Frame> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, FlowCounters> createLogicAndMaterializedValuePair(
      Attributes attributes) {
    var counters = new FlowCounters();
    return Pair.create(new Logic(counters), counters);
  }

  /**
   * A frame that waits.
   *
   * @param due by the clock
   * @param number tells which of two came first
   * @param behindNext whether it also goes when another one has
   */
  private record Held(long due, long number, boolean behindNext, Frame frame) {
    boolean isDue(long now) {
      return due - now <= 0;
    }
  }

  private final class Logic extends TimerGraphStageLogic implements FrameRules.Way {
    private final FlowCounters counters;
    private final FrameRules decisions;
    private final Queue<Frame> ready = new ArrayDeque<>();
    private final PriorityQueue<Held> held =
        new PriorityQueue<>(Comparator.comparingLong(Held::due).thenComparingLong(Held::number));
    private final AsyncCallback<Integer> onRest = createAsyncCallback(this::endAtRest);
    private long taken;

    /** Why the outlet was cancelled, once it was. */
    private @Nullable Throwable cancelled;

    Logic(FlowCounters counters) {
      super(shape);
      this.counters = counters;
      decisions = rules.apply(counters);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              onFrame(grab(in));
            }

            @Override
            public void onUpstreamFinish() {
              // Nothing comes any more behind which they could go.
              goBehind();
              deliver();
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              deliver();
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancelled = cause;
              onRest.invoke(ROUNDS_TO_REST);
            }
          });
    }

    private void onFrame(Frame frame) {
      if (cancelled != null) {
        drop(FlowCounter.DROPPED_AT_END, frame);
        return;
      }
      taken++;
      if (frame.isReleased()) {
        // Somebody's mistake, which the driver counts.
        pass(frame);
      } else {
        decide(frame);
      }
      deliver();
    }

    private void decide(Frame frame) {
      try {
        decisions.decide(frame, clock.getAsLong(), this);
      } catch (RuntimeException e) {
        // The stage fails of it. What throws has not given the frame away: that is always last.
        if (!frame.isReleased()) {
          frame.release();
        }
        throw e;
      }
    }

    @Override
    public void pass(Frame frame) {
      ready.add(frame);
      goBehind();
    }

    @Override
    public void holdUntil(long due, Frame frame) {
      held.add(new Held(due, taken, false, frame));
    }

    @Override
    public void holdBehindNext(Duration most, Frame frame) {
      held.add(new Held(clock.getAsLong() + most.toNanos(), taken, true, frame));
    }

    @Override
    public void drop(FlowCounter reason, Frame frame) {
      counters.increment(reason);
      try {
        onDrop.accept(frame, reason);
      } finally {
        frame.release();
      }
    }

    private void goBehind() {
      for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
        Held next = all.next();
        if (next.behindNext()) {
          all.remove();
          ready.add(next.frame());
        }
      }
    }

    private void deliver() {
      long now = clock.getAsLong();
      for (Held next = held.peek(); next != null && next.isDue(now); next = held.peek()) {
        held.remove();
        ready.add(next.frame());
      }
      Frame frame = isAvailable(out) ? ready.poll() : null;
      if (frame != null) {
        push(out, frame);
      }
      if (isClosed(in)) {
        if (ready.isEmpty() && held.isEmpty()) {
          completeStage();
          return;
        }
      } else if (isAvailable(out) && held.size() < room && !hasBeenPulled(in)) {
        pull(in);
      }
      Held next = held.peek();
      if (next != null) {
        scheduleOnce(TIMER, Duration.ofNanos(next.due() - now));
      }
    }

    @Override
    public void onTimer(Object key) {
      if (cancelled == null) {
        deliver();
      }
    }

    private void endAtRest(int rounds) {
      if (rounds > 0) {
        onRest.invoke(rounds - 1);
      } else if (cancelled != null) {
        cancelStage(cancelled);
      }
    }

    @Override
    public void postStop() {
      ready.forEach(this::dropAtEnd);
      held.forEach(waiting -> dropAtEnd(waiting.frame()));
    }

    /** Whoever fails at one frame is not to keep the others from their release. */
    private void dropAtEnd(Frame frame) {
      try {
        drop(FlowCounter.DROPPED_AT_END, frame);
      } catch (RuntimeException e) {
        LOG.warn("a frame that was dropped at the end of a flow was not taken note of", e);
      }
    }
  }
}
