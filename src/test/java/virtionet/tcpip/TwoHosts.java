package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.japi.Pair;
import akka.stream.javadsl.AsPublisher;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.TestFrames;

/** Stacks on an actor system of their own, two of which can be joined back to back. */
final class TwoHosts implements AutoCloseable {
  static final Ipv4Address A = Ipv4Address.parse("10.0.0.1");
  static final Ipv4Address B = Ipv4Address.parse("10.0.0.2");

  private static final long PATIENCE_SECONDS = 30;

  final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "tcpip");
  final TestFrames frames = new TestFrames();
  private final List<TcpIp> stacks = new ArrayList<>();

  TcpIpSettings settings(int number) {
    return TcpIpSettings.of(new MacAddress(0x0200_0000_0000L + number), 1500)
        .withAllocator(frames::make);
  }

  TcpIp start(Flow<Frame, Frame, NotUsed> link, TcpIpSettings settings) {
    TcpIp stack = TcpIp.start(system, link, settings);
    stacks.add(stack);
    return stack;
  }

  /** A stack on a link that takes what is sent and has this to say. */
  TcpIp start(Source<Frame, ?> link) {
    return start(Flow.fromSinkAndSourceCoupled(Sink.foreach(Frame::release), link), settings(1));
  }

  /** Two stacks, each on the other's end of one cable, and yet without addresses. */
  Pair<TcpIp, TcpIp> joined(TcpIpSettings a, TcpIpSettings b) {
    Pair<Subscriber<Frame>, Publisher<Frame>> there = pipe();
    Pair<Subscriber<Frame>, Publisher<Frame>> back = pipe();
    return Pair.create(
        start(end(there.first(), back.second()), a), start(end(back.first(), there.second()), b));
  }

  /** Two stacks that can talk. */
  Pair<TcpIp, TcpIp> joined() {
    return configured(joined(settings(1), settings(2)));
  }

  Pair<TcpIp, TcpIp> configured(Pair<TcpIp, TcpIp> hosts) {
    await(hosts.first().configure(Ipv4Interface.of(A, 24)));
    await(hosts.second().configure(Ipv4Interface.of(B, 24)));
    return hosts;
  }

  private Pair<Subscriber<Frame>, Publisher<Frame>> pipe() {
    return Source.<Frame>asSubscriber()
        .toMat(Sink.<Frame>asPublisher(AsPublisher.WITHOUT_FANOUT), Keep.both())
        .run(system);
  }

  private static Flow<Frame, Frame, NotUsed> end(Subscriber<Frame> out, Publisher<Frame> in) {
    return Flow.fromSinkAndSourceCoupled(Sink.fromSubscriber(out), Source.fromPublisher(in));
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no result: " + e, e);
    }
  }

  /** Why that fails; always with the exception that this package promises. */
  static String failureOf(CompletionStage<?> stage) {
    var failure =
        assertThrows(
            ExecutionException.class,
            () -> stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    return String.valueOf(assertInstanceOf(TcpIpException.class, failure.getCause()).getMessage());
  }

  static void awaitThat(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - end < 0, what);
      LockSupport.parkNanos(1_000_000);
    }
  }

  static long count(TcpIp stack, TcpIpCounter counter) {
    return stack.counters().getOrDefault(counter, 0L);
  }

  /** While the link is at rest: each frame that was made was released. */
  void assertNothingHeld() {
    awaitThat("each frame was released", () -> frames.held() == 0);
  }

  @Override
  public void close() {
    stacks.forEach(TcpIp::close);
    system.terminate();
    await(system.getWhenTerminated());
  }
}
