package virtionet.tcpip;

import akka.Done;
import akka.japi.Pair;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.SubscriptionWithCancelException;
import akka.stream.stage.AbstractGraphStageWithMaterializedValue;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import scala.concurrent.ExecutionContext;
import virtionet.net.Frame;

/** Runs a stack between the frames that a link receives and those that it is to send. */
final class LinkStage
    extends AbstractGraphStageWithMaterializedValue<FlowShape<Frame, Frame>, StackAccess> {
  private final Inlet<Frame> in = Inlet.create("TcpIp.in");
  private final Outlet<Frame> out = Outlet.create("TcpIp.out");
  private final FlowShape<Frame, Frame> shape = FlowShape.of(in, out);
  private final TcpIpSettings settings;
  private final TcpIpCounters counters;
  private final Consumer<LeaseEvent> leases;

  LinkStage(TcpIpSettings settings, TcpIpCounters counters, Consumer<LeaseEvent> leases) {
    this.settings = settings;
    this.counters = counters;
    this.leases = leases;
  }

  @Override
  public FlowShape<Frame, Frame> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, StackAccess> createLogicAndMaterializedValuePair(
      Attributes attributes) {
    var logic = new Logic();
    return Pair.create(logic, logic);
  }

  private final class Logic extends TimerGraphStageLogic implements StackAccess, Stack.Link {
    private static final String TIMER = "due";

    private final Queue<Frame> queue = new ArrayDeque<>();
    private final Stack stack = new Stack(settings, this, leases, new SecureRandom(), counters);
    private final CompletableFuture<Done> terminated = new CompletableFuture<>();
    private final AsyncCallback<Consumer<Stack>> onStep = createAsyncCallback(this::onStep);
    private final AsyncCallback<TcpIpException> onClose = createAsyncCallback(this::onClose);
    private volatile TcpIpException reason =
        new TcpIpException("the link of the TCP/IP stack ended");
    private OptionalLong timer = OptionalLong.empty();
    private boolean closed;

    Logic() {
      super(shape);
      setHandler(in, new Inward());
      setHandler(out, new Outward());
    }

    @Override
    public void preStart() {
      pull(in);
    }

    private final class Inward extends AbstractInHandler {
      @Override
      public void onPush() {
        attempt(() -> stack.receive(grab(in)));
        if (!isClosed(in)) {
          pull(in);
        }
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        fail("the link of the TCP/IP stack failed", failure);
      }
    }

    private final class Outward extends AbstractOutHandler {
      @Override
      public void onPull() {
        attempt(stack::onRoom);
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        if (cause instanceof SubscriptionWithCancelException.NonFailureCancellation) {
          completeStage();
        } else {
          fail("the link of the TCP/IP stack failed", cause);
        }
      }
    }

    private void fail(String what, Throwable cause) {
      String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
      reason = new TcpIpException(what + ": " + why, cause);
      failStage(reason);
    }

    /** Whoever waits for something is told also of a failure within, as of an allocator's. */
    private void attempt(Runnable work) {
      try {
        work.run();
        flush();
      } catch (RuntimeException e) {
        fail("the TCP/IP stack failed", e);
      }
    }

    private void onStep(Consumer<Stack> step) {
      attempt(() -> step.accept(stack));
    }

    private void onClose(TcpIpException newReason) {
      reason = newReason;
      closed = true;
      completeStage();
    }

    @Override
    public void onTimer(Object key) {
      timer = OptionalLong.empty();
      attempt(stack::onTimer);
    }

    /** Gives the link what it has room for, and sees to the next deadline. */
    private void flush() {
      if (isAvailable(out)) {
        Frame frame = queue.poll();
        if (frame != null) {
          push(out, frame);
        }
      }
      OptionalLong next = stack.nextDeadline();
      if (next.isPresent() && (timer.isEmpty() || next.getAsLong() - timer.getAsLong() < 0)) {
        timer = next;
        long delay = Math.max(0, next.getAsLong() - settings.clock().getAsLong());
        scheduleOnce(TIMER, Duration.ofNanos(delay));
      }
    }

    @Override
    public void send(Frame frame) {
      queue.add(frame);
    }

    @Override
    public boolean hasRoom() {
      return queue.size() < settings.sendQueue();
    }

    @Override
    public void postStop() {
      queue.forEach(Frame::release);
      queue.clear();
      stack.close(reason, closed);
      if (closed) {
        terminated.complete(Done.getInstance());
      } else {
        terminated.completeExceptionally(reason);
      }
    }

    @Override
    public void submit(Consumer<Stack> step) {
      onStep.invoke(step);
    }

    @Override
    public <T> CompletableFuture<T> ask(BiConsumer<Stack, CompletableFuture<T>> step) {
      var answer = new CompletableFuture<T>();
      Consumer<Stack> answering =
          running -> {
            try {
              step.accept(running, answer);
            } catch (TcpIpException e) {
              answer.completeExceptionally(e);
            } catch (RuntimeException e) {
              fail("the TCP/IP stack failed", e);
              answer.completeExceptionally(reason);
            }
          };
      // Not as a CompletionStage: the one that Scala makes wakes a thread of the common pool each
      // time.
      onStep
          .invokeWithFeedback(answering)
          .onComplete(
              taken -> {
                if (taken.isFailure()) {
                  terminated().whenComplete((end, failure) -> answer.completeExceptionally(reason));
                }
                return taken;
              },
              ExecutionContext.parasitic$.MODULE$);
      return answer;
    }

    @Override
    public void close(TcpIpException newReason) {
      onClose.invoke(newReason);
    }

    @Override
    public CompletionStage<Done> terminated() {
      return terminated.minimalCompletionStage();
    }
  }
}
