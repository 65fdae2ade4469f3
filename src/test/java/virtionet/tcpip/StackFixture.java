package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.TestFrames;

/**
 * A stack with a clock turned by hand, a link that keeps what is sent, and frames that are counted:
 * those that come and those that go. Closing it claims that each was released.
 */
final class StackFixture implements AutoCloseable {
  static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:02");
  static final MacAddress PEER_MAC = MacAddress.parse("02:00:00:00:00:01");
  static final Ipv4Address ADDRESS = Ipv4Address.parse("10.0.0.2");
  static final Ipv4Address PEER = Ipv4Address.parse("10.0.0.1");
  static final Ipv4Address FAR = Ipv4Address.parse("192.0.2.1");
  static final Ipv4Address LINK_BROADCAST = Ipv4Address.parse("10.0.0.255");
  static final Ipv4Interface FACE = Ipv4Interface.of(ADDRESS, 24);
  static final String END = "closed by the test";

  /** Wraps within the first seconds of each test. */
  private long now = Long.MAX_VALUE - Duration.ofSeconds(2).toNanos();

  final TestFrames frames = new TestFrames();
  final TcpIpCounters counters = new TcpIpCounters();
  final List<LeaseEvent> leases = new ArrayList<>();
  final Stack stack;
  private final Queue<Frame> sent = new ArrayDeque<>();
  private int room = Integer.MAX_VALUE;
  private boolean closed;

  StackFixture() {
    this(settings -> settings);
  }

  StackFixture(UnaryOperator<TcpIpSettings> change) {
    TcpIpSettings settings =
        change.apply(
            TcpIpSettings.of(MAC, 1500).withAllocator(this::allocate).withClock(() -> now));
    var link =
        new Stack.Link() {
          @Override
          public void send(Frame frame) {
            sent.add(frame);
          }

          @Override
          public boolean hasRoom() {
            return sent.size() < room;
          }
        };
    stack = new Stack(settings, link, leases::add, new Random(1), counters);
  }

  /** A stack with an address whose announcement was taken off the link. */
  static StackFixture configured() {
    return configured(FACE, settings -> settings);
  }

  static StackFixture configured(Ipv4Interface face, UnaryOperator<TcpIpSettings> change) {
    var fixture = new StackFixture(change);
    fixture.stack.configure(face);
    assertEquals(1, fixture.takeSent().size(), "the announcement");
    return fixture;
  }

  /** Full of an old frame's bytes, as device memory is. */
  private Frame allocate(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 0xa5);
    return frames.make(bytes);
  }

  /** From now on the link takes so many frames until they are taken off. */
  void setRoom(int newRoom) {
    room = newRoom;
  }

  int waitingOnLink() {
    return sent.size();
  }

  void receive(byte[] frame) {
    stack.receive(frames.make(frame));
  }

  void receiveArp(byte[] packet) {
    receive(Packets.ethernet(MAC, PEER_MAC, EthernetHeader.TYPE_ARP, packet));
  }

  void receiveIpv4(byte[] packet) {
    receive(Packets.ethernet(MAC, PEER_MAC, EthernetHeader.TYPE_IPV4, packet));
  }

  void receiveUdp(Ipv4Address from, int fromPort, int port, byte[] data) {
    receiveIpv4(Packets.ipv4(from, ADDRESS, 17, Packets.udp(from, fromPort, ADDRESS, port, data)));
  }

  /** Tells the stack the peer's station, as an answer to its question would. */
  void answerArp() {
    answerArp(PEER, PEER_MAC);
  }

  void answerArp(Ipv4Address who, MacAddress where) {
    receiveArp(Packets.arp(2, where, who, MAC, ADDRESS));
  }

  /** The peer asks for us, so that the stack knows its station; our answer is taken off. */
  void introducePeer() {
    receiveArp(Packets.arp(1, PEER_MAC, PEER, new MacAddress(0), ADDRESS));
    assertEquals(1, takeSent().size(), "the answer");
  }

  /** Takes what was sent off the link, which has room again. */
  List<byte[]> takeSent() {
    List<byte[]> taken = new ArrayList<>();
    for (Frame frame = sent.poll(); frame != null; frame = sent.poll()) {
      taken.add(frame.toByteArray());
      frame.release();
    }
    return taken;
  }

  byte[] takeOnly() {
    List<byte[]> taken = takeSent();
    assertEquals(1, taken.size(), "frames sent");
    return taken.getFirst();
  }

  /** The only frame that was sent, as a packet that passed all checks. */
  Ipv4Packet takeOnlyPacket() {
    return packet(takeOnly());
  }

  static Ipv4Packet packet(byte[] frame) {
    assertEquals(EthernetHeader.TYPE_IPV4, Packets.u16(frame, EthernetHeader.TYPE));
    MemorySegment payload = EthernetLayer.payload(MemorySegment.ofArray(frame));
    return switch (Ipv4Packet.parse(payload)) {
      case Ipv4Packet.Good good -> good.packet();
      case Ipv4Packet.Bad bad -> throw new AssertionError("sent a bad packet: " + bad);
    };
  }

  static ArpPacket arp(byte[] frame) {
    assertEquals(EthernetHeader.TYPE_ARP, Packets.u16(frame, EthernetHeader.TYPE));
    return ArpPacket.parse(EthernetLayer.payload(MemorySegment.ofArray(frame))).orElseThrow();
  }

  static MacAddress destination(byte[] frame) {
    return MacAddress.of(frame, 0);
  }

  long now() {
    return now;
  }

  /** Turns the clock, and calls the stack whenever it wanted to be called on the way. */
  void advance(Duration time) {
    long end = now + time.toNanos();
    OptionalLong next = stack.nextDeadline();
    while (next.isPresent() && next.getAsLong() - end <= 0) {
      now = next.getAsLong() - now > 0 ? next.getAsLong() : now;
      stack.onTimer();
      OptionalLong following = stack.nextDeadline();
      assertTrue(
          following.isEmpty() || following.getAsLong() - now > 0, "still due after the timer");
      next = following;
    }
    now = end;
  }

  void assertCounted(TcpIpCounter counter, long times) {
    assertEquals(times, counters.get(counter), counter.name());
  }

  /** Claims that a frame is dropped for this reason alone, without an answer. */
  void assertDropped(TcpIpCounter reason, byte[] frame) {
    Map<TcpIpCounter, Long> expected = new EnumMap<>(counters.snapshot());
    expected.merge(TcpIpCounter.FRAMES_RECEIVED, 1L, Long::sum);
    expected.merge(reason, 1L, Long::sum);
    int before = waitingOnLink();
    receive(frame);
    assertEquals(expected, counters.snapshot());
    assertEquals(before, waitingOnLink(), "frames sent");
  }

  void assertIpv4Dropped(TcpIpCounter reason, byte[] packet) {
    assertDropped(reason, Packets.ethernet(MAC, PEER_MAC, EthernetHeader.TYPE_IPV4, packet));
  }

  /** Why an answer that is there by now is none. */
  static String failureOf(CompletableFuture<?> answer) {
    assertTrue(answer.isCompletedExceptionally(), "failed by now");
    return String.valueOf(answer.exceptionNow().getMessage());
  }

  /** Ends the stack as a failure of its link does. */
  void fail() {
    closed = true;
    stack.close(new TcpIpException(END), false);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      stack.close(new TcpIpException(END), true);
    }
    takeSent();
    assertEquals(0, frames.held(), "frames that were not released");
  }
}
