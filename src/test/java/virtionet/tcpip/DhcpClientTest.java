package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;
import virtionet.tcpip.DhcpClient.Action;
import virtionet.tcpip.DhcpClient.Changed;
import virtionet.tcpip.DhcpClient.Send;
import virtionet.tcpip.DhcpClient.Step;

/** The life of a lease, with a clock turned by hand. */
class DhcpClientTest {
  private static final int REQUESTS = 4;
  private static final DhcpSettings SETTINGS =
      new DhcpSettings(
          Duration.ofSeconds(1),
          Duration.ofSeconds(16),
          REQUESTS,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30));

  private final DhcpClient client =
      new DhcpClient(StackFixture.MAC, "host", SETTINGS, new Random(2131));

  /** Wraps soon. */
  private long now = Long.MAX_VALUE - 1;

  private OptionalLong deadline = OptionalLong.empty();

  private List<Action> done(Step step) {
    deadline = step.nextDeadline();
    return step.actions();
  }

  private List<Action> start() {
    return done(client.start(now));
  }

  /** Turns the clock to the deadline. */
  private List<Action> timer() {
    now = deadline.orElseThrow();
    return done(client.onTimer(now));
  }

  private List<Action> receive(DhcpMessages message) {
    return client.onMessage(message.bytes(), now).map(this::done).orElse(List.of());
  }

  private void assertIgnored(DhcpMessages message) {
    assertEquals(Optional.empty(), client.onMessage(message.bytes(), now));
  }

  private static Send send(List<Action> actions) {
    assertEquals(1, actions.size(), () -> "one action: " + actions);
    return (Send) actions.getFirst();
  }

  private static LeaseEvent event(Action action) {
    return ((Changed) action).event();
  }

  private static LeaseEvent event(List<Action> actions) {
    assertEquals(1, actions.size(), () -> "one action: " + actions);
    return event(actions.getFirst());
  }

  private double secondsToDeadline() {
    return (deadline.orElseThrow() - now) / 1e9;
  }

  private void advance(double seconds) {
    now += (long) (seconds * 1e9);
  }

  private static DhcpMessages offer(DhcpMessage request) {
    return DhcpMessages.of(DhcpMessage.OFFER).answering(request);
  }

  private static DhcpMessages ack(DhcpMessage request) {
    return DhcpMessages.of(DhcpMessage.ACKNOWLEDGE).answering(request);
  }

  private static DhcpMessages nak(DhcpMessage request) {
    return DhcpMessages.of(DhcpMessage.REFUSE).answering(request);
  }

  private static void assertBroadcast(int type, Send send) {
    assertEquals(type, send.message().type());
    assertEquals(Ipv4Address.BROADCAST, send.destination());
    assertEquals(Ipv4Address.ANY, send.source());
    assertEquals(Ipv4Address.ANY, send.message().clientAddress());
  }

  /** Until the offer was asked for. */
  private DhcpMessage requesting() {
    return send(receive(offer(send(start()).message()))).message();
  }

  private Lease bound() {
    return ((LeaseEvent.Acquired) event(receive(ack(requesting())))).lease();
  }

  @Test
  void anOfferIsAskedForAndItsAcknowledgementIsTheLease() {
    Send discover = send(start());
    assertBroadcast(DhcpMessage.DISCOVER, discover);
    assertEquals(StackFixture.MAC, discover.message().client());
    Send request = send(receive(offer(discover.message())));
    assertBroadcast(DhcpMessage.REQUEST, request);
    assertEquals(
        Optional.of(DhcpMessages.OFFERED),
        request.message().address(DhcpMessage.REQUESTED_ADDRESS));
    assertEquals(Optional.of(DhcpMessages.SERVER), request.message().address(DhcpMessage.SERVER));
    assertEquals(discover.message().transaction(), request.message().transaction());
    var acquired = (LeaseEvent.Acquired) event(receive(ack(request.message())));
    assertEquals(DhcpMessages.OFFERED, acquired.lease().address());
    assertEquals(Optional.of(acquired.lease()), client.lease());
    assertEquals(500.0, secondsToDeadline());
  }

  @Test
  void startingTwiceAsksOnce() {
    start();
    assertEquals(List.of(), start());
  }

  @Test
  void whatNobodyAnswersIsAskedForAgainAfterDoubledWaitsUpToTheLongest() {
    DhcpMessage first = send(start()).message();
    for (int wait : new int[] {1, 2, 4, 8, 16, 16, 16}) {
      double actual = secondsToDeadline();
      assertTrue(actual >= 0.9 * wait && actual <= 1.1 * wait, actual + " s, about " + wait);
      Send again = send(timer());
      assertBroadcast(DhcpMessage.DISCOVER, again);
      assertEquals(first.transaction(), again.message().transaction());
    }
  }

  @Test
  void waitsDifferSoThatClientsDoNotKeepStep() {
    start();
    double first = secondsToDeadline();
    var other = new DhcpClient(StackFixture.MAC, "", SETTINGS, new Random(1));
    assertNotEquals(first, (other.start(now).nextDeadline().orElseThrow() - now) / 1e9);
  }

  @Test
  void aTimerThatComesEarlySendsNothing() {
    start();
    now = deadline.orElseThrow() - 1;
    assertEquals(List.of(), done(client.onTimer(now)));
  }

  @Test
  void aServerThatFallsSilentIsAskedSoOftenThenAllAreAskedAnew() {
    DhcpMessage request = requesting();
    for (int i = 1; i < REQUESTS; i++) {
      assertBroadcast(DhcpMessage.REQUEST, send(timer()));
    }
    Send again = send(timer());
    assertBroadcast(DhcpMessage.DISCOVER, again);
    assertNotEquals(request.transaction(), again.message().transaction());
    assertIgnored(ack(request));
  }

  @Test
  void aRefusalStartsAnew() {
    DhcpMessage request = requesting();
    Send again = send(receive(nak(request).without(DhcpMessage.LEASE_TIME)));
    assertBroadcast(DhcpMessage.DISCOVER, again);
    assertNotEquals(request.transaction(), again.message().transaction());
  }

  @Test
  void answersToOthersAreIgnored() {
    DhcpMessage discover = send(start()).message();
    assertIgnored(offer(discover).transaction(discover.transaction() + 1));
    assertIgnored(offer(discover).client(StackFixture.PEER_MAC));
    assertIgnored(offer(discover).fromClient());
    assertEquals(Optional.empty(), client.onMessage(new byte[300], now));
  }

  @Test
  void anAnswerOutOfPlaceIsIgnored() {
    var early = new DhcpClient(StackFixture.MAC, "", SETTINGS, new Random(1));
    DhcpMessages unasked = DhcpMessages.of(DhcpMessage.OFFER);
    assertEquals(Optional.empty(), early.onMessage(unasked.transaction(0).bytes(), now));
    DhcpMessage discover = send(start()).message();
    assertIgnored(ack(discover));
    assertIgnored(nak(discover));
    receive(offer(discover));
    assertIgnored(offer(discover));
    receive(ack(discover));
    assertIgnored(nak(discover));
    assertIgnored(ack(discover));
  }

  @Test
  void anOfferOfNothingThatCanBeUsedIsIgnoredAndAGoodOneStillTaken() {
    DhcpMessage discover = send(start()).message();
    assertIgnored(offer(discover).lending(Ipv4Address.ANY));
    assertIgnored(offer(discover).lending(Ipv4Address.parse("10.0.0.255")));
    assertIgnored(offer(discover).without(DhcpMessage.SERVER));
    assertIgnored(offer(discover).seconds(DhcpMessage.LEASE_TIME, 0));
    assertBroadcast(DhcpMessage.REQUEST, send(receive(offer(discover))));
  }

  @Test
  void fromT1OnTheServerIsAskedAndItsAnswerProlongsTheLease() {
    Lease lease = bound();
    long since = now;
    Send renewal = send(timer());
    assertEquals(500, (now - since) / 1_000_000_000L);
    assertEquals(DhcpMessages.SERVER, renewal.destination());
    assertEquals(lease.address(), renewal.source());
    assertEquals(lease.address(), renewal.message().clientAddress());
    assertEquals(Optional.empty(), renewal.message().address(DhcpMessage.REQUESTED_ADDRESS));
    assertEquals(Optional.empty(), renewal.message().address(DhcpMessage.SERVER));
    advance(1);
    assertEquals(new LeaseEvent.Renewed(lease), event(receive(ack(renewal.message()))));
    assertEquals(499.0, secondsToDeadline(), "from the request on");
  }

  @Test
  void aSilentServerIsAskedAfterHalfTheTimeLeftButNotTooOften() {
    bound();
    timer();
    assertEquals(187.5, secondsToDeadline());
    timer();
    assertEquals(93.75, secondsToDeadline());
    timer();
    assertEquals(60, secondsToDeadline());
    timer();
    assertEquals(33.75, secondsToDeadline(), "until T2");
    assertEquals(Ipv4Address.BROADCAST, send(timer()).destination());
  }

  private Send rebinding() {
    Send last = send(timer());
    while (!last.destination().isBroadcast()) {
      last = send(timer());
    }
    return last;
  }

  @Test
  void fromT2OnAnyServerIsAskedFromTheOldAddress() {
    Lease lease = bound();
    long since = now;
    Send rebinding = rebinding();
    assertEquals(875, (now - since) / 1_000_000_000L);
    assertEquals(DhcpMessage.REQUEST, rebinding.message().type());
    assertEquals(lease.address(), rebinding.source());
    assertEquals(lease.address(), rebinding.message().clientAddress());
    Ipv4Address other = Ipv4Address.parse("10.0.0.7");
    var renewed =
        (LeaseEvent.Renewed)
            event(receive(ack(rebinding.message()).address(DhcpMessage.SERVER, other)));
    assertEquals(other, renewed.lease().server());
    assertEquals(other, send(timer()).destination());
  }

  @Test
  void aLeaseThatNobodyProlongsIsLostAtItsEndAndAnotherSought() {
    bound();
    long since = now;
    rebinding();
    List<Action> last = timer();
    while (last.size() == 1) {
      last = timer();
    }
    assertEquals(1000, (now - since) / 1_000_000_000L);
    assertEquals(
        new LeaseEvent.Lost("it ended, and no server prolonged it"), event(last.getFirst()));
    assertBroadcast(DhcpMessage.DISCOVER, (Send) last.getLast());
    assertEquals(Optional.empty(), client.lease());
  }

  @Test
  void aRefusedRenewalLosesTheLeaseWithTheServersWordsWithoutItsControlCharacters() {
    bound();
    DhcpMessage renewal = send(timer()).message();
    List<Action> actions = receive(nak(renewal).text(DhcpMessage.MESSAGE, "go\naway\u001b[31m"));
    assertEquals(
        new LeaseEvent.Lost("the server refused it: goaway[31m"), event(actions.getFirst()));
    assertBroadcast(DhcpMessage.DISCOVER, (Send) actions.getLast());
  }

  @Test
  void anotherAddressAtRenewalIsALossAndANewLease() {
    bound();
    DhcpMessage renewal = send(timer()).message();
    Ipv4Address other = Ipv4Address.parse("10.0.0.51");
    List<Action> actions = receive(ack(renewal).lending(other));
    assertEquals(
        new LeaseEvent.Lost("the server grants other things now"), event(actions.getFirst()));
    assertEquals(other, ((LeaseEvent.Acquired) event(actions.getLast())).lease().address());
  }

  @Test
  void aLeaseForeverIsNeverProlonged() {
    receive(ack(requesting()).seconds(DhcpMessage.LEASE_TIME, -1));
    assertTrue(client.lease().orElseThrow().isForever());
    assertEquals(OptionalLong.empty(), deadline);
  }

  @Test
  void theShortestLeaseIsNotAskedForInAStorm() {
    receive(ack(requesting()).seconds(DhcpMessage.LEASE_TIME, 1));
    long since = now;
    int sent = 0;
    while (client.lease().isPresent()) {
      timer();
      sent++;
    }
    assertEquals(1, (now - since) / 1_000_000_000L);
    assertTrue(sent <= 4, sent + " messages");
  }

  @Test
  void theMacIsTheClientsIdentifierAndTheHostnameIsToldIfThereIsOne() {
    DhcpMessage discover = send(start()).message();
    byte[] identifier = Objects.requireNonNull(discover.options().get(DhcpMessage.CLIENT));
    assertEquals(1, identifier[0]);
    assertEquals(StackFixture.MAC, MacAddress.of(identifier, 1));
    assertTrue(discover.options().containsKey(DhcpMessage.HOST_NAME));
    var nameless = new DhcpClient(StackFixture.MAC, "", SETTINGS, new Random(1));
    assertTrue(
        !send(nameless.start(now).actions())
            .message()
            .options()
            .containsKey(DhcpMessage.HOST_NAME));
  }
}
