package virtionet.tcpip;

import akka.Done;
import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.JavaFlowSupport;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import virtionet.net.Frame;

/**
 * A small TCP/IP stack on a flow of Ethernet frames, such as {@code VirtioNet.get(system).flow()}:
 * ARP, IPv4, ICMP echo, UDP, DHCP. It consumes the flow, whose frames it releases, and ends with
 * it. Any thread.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="ping"}
 */
public final class TcpIp implements AutoCloseable {
  private final TcpIpSettings settings;
  private final TcpIpCounters counters;
  private final SubmissionPublisher<LeaseEvent> leases;
  private final StackAccess access;
  private final AtomicReference<@Nullable CompletableFuture<Lease>> lease = new AtomicReference<>();

  private TcpIp(
      TcpIpSettings settings,
      TcpIpCounters counters,
      SubmissionPublisher<LeaseEvent> leases,
      StackAccess access) {
    this.settings = settings;
    this.counters = counters;
    this.leases = leases;
    this.access = access;
    access.terminated().whenComplete((done, failure) -> leases.close());
  }

  /**
   * Starts a stack on a link.
   *
   * @param link frames in are sent, received frames come out
   */
  public static TcpIp start(
      ActorSystem<?> system, Flow<Frame, Frame, ?> link, TcpIpSettings settings) {
    var counters = new TcpIpCounters();
    var leases = new SubmissionPublisher<LeaseEvent>();
    var stage = new LinkStage(settings, counters, event -> leases.offer(event, null));
    StackAccess access = link.joinMat(Flow.fromGraph(stage), Keep.right()).run(system);
    return new TcpIp(settings, counters, leases, access);
  }

  /**
   * Takes an address that somebody chose.
   *
   * @return completes when it is in use
   */
  public CompletionStage<Done> configure(Ipv4Interface face) {
    return access
        .<Done>ask(
            (stack, done) -> {
              stack.configure(face);
              done.complete(Done.getInstance());
            })
        .minimalCompletionStage();
  }

  /**
   * Tells all stations of the link which one has this stack's address (RFC 5227 §2.3), as after a
   * move to another host; nothing while it has none.
   *
   * @return completes when the frame is on its way
   */
  public CompletionStage<Done> announce() {
    return access
        .<Done>ask(
            (stack, done) -> {
              stack.announce();
              done.complete(Done.getInstance());
            })
        .minimalCompletionStage();
  }

  /**
   * Gets an address from a DHCP server, and from then on keeps it as long as the server lets it.
   * Called again, it tells of the same first lease.
   *
   * @return the first lease, or a failure after {@link DhcpSettings#timeout}; also then it is
   *     further asked for
   */
  public CompletionStage<Lease> dhcp() {
    var first = new CompletableFuture<Lease>();
    CompletableFuture<Lease> before = lease.compareAndExchange(null, first);
    if (before != null) {
      return before.minimalCompletionStage();
    }
    CompletionStage<Lease> answer = access.ask(Stack::lease);
    answer.whenComplete(
        (granted, failure) -> {
          if (failure == null) {
            first.complete(granted);
          } else {
            first.completeExceptionally(failure);
          }
        });
    return first.minimalCompletionStage();
  }

  /** What happens to the address that {@link #dhcp} got, from now on. Completes with the stack. */
  public Source<LeaseEvent, NotUsed> leaseEvents() {
    return JavaFlowSupport.Source.fromPublisher(leases);
  }

  /**
   * Sends an echo request and waits for its answer.
   *
   * @param data what the answer must bring back; at most the MTU less 28 bytes
   * @return the answer, or a {@link TcpIpException} that tells why there was none
   */
  public CompletionStage<PingReply> ping(Ipv4Address to, ByteString data, Duration timeout) {
    return access
        .<PingReply>ask((stack, answer) -> stack.ping(to, data, timeout, answer))
        .minimalCompletionStage();
  }

  /**
   * A UDP socket: datagrams that go in are sent, back-pressured by the link; those that come for
   * its port come out. While its reader is slower than its senders, the newest are dropped and
   * counted. It is open until its outlet is cancelled, its inlet fails, or the stack ends; a
   * datagram longer than {@link UdpBinding#maxData} fails it.
   *
   * @param port 0 for any that is free
   */
  public Flow<Datagram, Datagram, CompletionStage<UdpBinding>> udp(int port) {
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("UDP port " + port + ": must be from 0 to 65535");
    }
    return Flow.fromGraph(new UdpStage(access, port, settings.socketQueue()));
  }

  /** What was counted until now. */
  public Map<TcpIpCounter, Long> counters() {
    return counters.snapshot();
  }

  /** Completes when the stack was closed; fails when its link ended or failed. */
  public CompletionStage<Done> terminated() {
    return access.terminated();
  }

  /** Ends the stack, and with it its link. Does not wait for the end. */
  @Override
  public void close() {
    access.close(new TcpIpException("the TCP/IP stack was closed"));
  }
}
