package virtionet.tcpip;

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
import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A UDP socket: datagrams in are sent, datagrams that come for its port come out. What comes while
 * its queue is full is dropped and counted.
 */
final class UdpStage
    extends AbstractGraphStageWithMaterializedValue<
        FlowShape<Datagram, Datagram>, CompletionStage<UdpBinding>> {
  /** Datagrams of one socket that may wait for the link. */
  private static final int WINDOW = 64;

  private final Inlet<Datagram> in = Inlet.create("Udp.in");
  private final Outlet<Datagram> out = Outlet.create("Udp.out");
  private final FlowShape<Datagram, Datagram> shape = FlowShape.of(in, out);
  private final StackAccess access;
  private final int port;
  private final int queueSize;

  UdpStage(StackAccess access, int port, int queueSize) {
    this.access = access;
    this.port = port;
    this.queueSize = queueSize;
  }

  @Override
  public FlowShape<Datagram, Datagram> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, CompletionStage<UdpBinding>> createLogicAndMaterializedValuePair(
      Attributes attributes) {
    var binding = new CompletableFuture<UdpBinding>();
    return Pair.create(new Logic(binding), binding);
  }

  private final class Logic extends GraphStageLogic implements UdpLayer.Receiver {
    private final CompletableFuture<UdpBinding> binding;
    private final ConcurrentLinkedQueue<Datagram> received = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AsyncCallback<UdpBinding> onBound = createAsyncCallback(this::onBound);
    private final AsyncCallback<Boolean> onSent = createAsyncCallback(sent -> onSent());
    private final AsyncCallback<Boolean> onReceived = createAsyncCallback(news -> deliver());
    private final AsyncCallback<Throwable> onFailure = createAsyncCallback(this::fail);
    private final AsyncCallback<Optional<TcpIpException>> onEnd = createAsyncCallback(this::onEnd);
    private @Nullable UdpBinding bound;
    private int onTheirWay;

    Logic(CompletableFuture<UdpBinding> binding) {
      super(shape);
      this.binding = binding;
      setHandler(in, new Inward());
      setHandler(out, new Outward());
    }

    @Override
    public void preStart() {
      CompletionStage<UdpBinding> answered =
          access.ask(
              (stack, answer) -> {
                int chosen = stack.udp().bind(port, this);
                answer.complete(new UdpBinding(chosen, stack.udp().maxData()));
              });
      answered.whenComplete(
          (newBinding, failure) -> {
            if (failure == null) {
              onBound.invoke(newBinding);
            } else {
              binding.completeExceptionally(failure);
              onFailure.invoke(failure);
            }
          });
    }

    /** The stack's thread. */
    @Override
    public void ended(Optional<TcpIpException> failure) {
      onEnd.invoke(failure);
    }

    private void onEnd(Optional<TcpIpException> failure) {
      failure.ifPresentOrElse(this::fail, this::completeStage);
    }

    /** Who still waits for the port is told why, too. */
    private void fail(Throwable reason) {
      binding.completeExceptionally(reason);
      failStage(reason);
    }

    private void onBound(UdpBinding newBinding) {
      bound = newBinding;
      binding.complete(newBinding);
      if (!isClosed(in)) {
        pull(in);
      }
    }

    private final class Inward extends AbstractInHandler {
      @Override
      public void onPush() {
        send(grab(in));
      }

      @Override
      public void onUpstreamFinish() {
        // What comes is still of interest: the outlet's end is the socket's.
      }
    }

    private final class Outward extends AbstractOutHandler {
      @Override
      public void onPull() {
        deliver();
      }
    }

    private void send(Datagram datagram) {
      UdpBinding own = bound;
      if (own == null) {
        throw new IllegalStateException("pulled before it was bound");
      }
      if (datagram.data().length() > own.maxData()) {
        failStage(
            new TcpIpException(
                "a datagram of %d bytes to %s: the link's MTU leaves %d"
                    .formatted(datagram.data().length(), datagram.remote(), own.maxData())));
        return;
      }
      onTheirWay++;
      access.submit(stack -> stack.udp().send(own.port(), datagram, () -> onSent.invoke(true)));
      pullMore();
    }

    private void onSent() {
      onTheirWay--;
      pullMore();
    }

    private void pullMore() {
      if (onTheirWay < WINDOW && !isClosed(in) && !hasBeenPulled(in)) {
        pull(in);
      }
    }

    /** The stack's thread. */
    @Override
    public boolean receive(Ipv4Address source, int sourcePort, MemorySegment data) {
      if (waiting.get() >= queueSize) {
        return false;
      }
      ByteString copy = ByteString.fromArrayUnsafe(data.toArray(ValueLayout.JAVA_BYTE));
      received.add(new Datagram(source, sourcePort, copy));
      if (waiting.getAndIncrement() == 0) {
        onReceived.invoke(true);
      }
      return true;
    }

    private void deliver() {
      if (isAvailable(out)) {
        Datagram next = received.poll();
        if (next != null) {
          waiting.decrementAndGet();
          push(out, next);
        }
      }
    }

    @Override
    public void postStop() {
      binding.completeExceptionally(
          new TcpIpException("the socket was closed before it had a port"));
      access.submit(stack -> stack.udp().release(this));
    }
  }
}
