package virtionet.tcpip;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Carries a DHCP client's messages, and does with the host's address what it says. */
final class DhcpLayer implements UdpLayer.Receiver {
  private final DhcpClient client;
  private final Ipv4Layer ipv4;
  private final Consumer<LeaseEvent> listener;
  private final LongSupplier clock;
  private final TcpIpCounters counters;
  private final CompletableFuture<Lease> first;
  private final long giveUp;
  private OptionalLong deadline = OptionalLong.empty();

  /**
   * @param first completed with the first lease, or with a failure when it takes too long
   */
  DhcpLayer(
      DhcpClient client,
      Ipv4Layer ipv4,
      UdpLayer udp,
      Consumer<LeaseEvent> listener,
      LongSupplier clock,
      TcpIpCounters counters,
      CompletableFuture<Lease> first) {
    this.client = client;
    this.ipv4 = ipv4;
    this.listener = listener;
    this.clock = clock;
    this.counters = counters;
    this.first = first;
    udp.bind(DhcpClient.CLIENT_PORT, this);
    long now = clock.getAsLong();
    giveUp = Deadlines.after(now, client.timeout());
    apply(client.start(now));
  }

  @Override
  public boolean receive(Ipv4Address source, int port, MemorySegment data) {
    if (port == DhcpClient.SERVER_PORT) {
      byte[] message = data.toArray(ValueLayout.JAVA_BYTE);
      Optional<DhcpClient.Step> step = client.onMessage(message, clock.getAsLong());
      if (step.isPresent()) {
        apply(step.get());
        return true;
      }
    }
    counters.increment(TcpIpCounter.DHCP_IGNORED);
    return true;
  }

  @Override
  public void ended(Optional<TcpIpException> failure) {
    // Who waits for the lease is told by close.
  }

  void onTimer(long now) {
    if (deadline.isPresent() && Deadlines.isOver(deadline.getAsLong(), now)) {
      apply(client.onTimer(now));
    }
    if (!first.isDone() && Deadlines.isOver(giveUp, now)) {
      first.completeExceptionally(
          new TcpIpException(
              "no DHCP server gave a lease within %d s".formatted(client.timeout().toSeconds())));
    }
  }

  OptionalLong nextDeadline() {
    return first.isDone() ? deadline : Deadlines.earlier(deadline, OptionalLong.of(giveUp));
  }

  private void apply(DhcpClient.Step step) {
    deadline = step.nextDeadline();
    for (DhcpClient.Action action : step.actions()) {
      switch (action) {
        case DhcpClient.Send send -> send(send);
        case DhcpClient.Changed changed -> change(changed.event());
      }
    }
  }

  private void send(DhcpClient.Send send) {
    if (!ipv4.hasRoom()) {
      counters.increment(TcpIpCounter.SEND_QUEUE_FULL);
      return;
    }
    byte[] message = send.message().encode();
    int length = UdpLayer.HEADER_LENGTH + message.length;
    Consumer<MemorySegment> write =
        segment ->
            UdpLayer.write(
                segment,
                send.source(),
                DhcpClient.CLIENT_PORT,
                send.destination(),
                DhcpClient.SERVER_PORT,
                message);
    if (send.destination().isBroadcast()) {
      ipv4.broadcast(send.source(), send.destination(), Ipv4Header.PROTOCOL_UDP, length, write);
    } else {
      // A failure is as good as silence: the client will ask again.
      ipv4.send(send.destination(), Ipv4Header.PROTOCOL_UDP, length, write, failure -> {});
    }
  }

  private void change(LeaseEvent event) {
    switch (event) {
      case LeaseEvent.Acquired acquired -> {
        ipv4.configure(Optional.of(acquired.lease().face()));
        first.complete(acquired.lease());
      }
      case LeaseEvent.Renewed renewed -> {}
      case LeaseEvent.Lost lost -> ipv4.configure(Optional.empty());
    }
    listener.accept(event);
  }

  void close(TcpIpException reason) {
    first.completeExceptionally(reason);
  }
}
