package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import akka.util.ByteString;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.MacAddress;

/** Which frames and packets are taken, what becomes of the rest, and which way packets leave. */
class Ipv4LayerTest {
  private static final int ICMP = 1;
  private static final int REQUEST = 8;

  private StackFixture fixture = StackFixture.configured();

  @AfterEach
  void eachFrameWasReleased() {
    fixture.close();
  }

  private void restart(Ipv4Interface face) {
    fixture.close();
    fixture = StackFixture.configured(face, settings -> settings);
  }

  private static byte[] ping(Ipv4Address from, Ipv4Address to) {
    return Packets.ipv4(from, to, ICMP, Packets.echo(REQUEST, 1, 1, Packets.text("ping")));
  }

  private static byte[] good() {
    return ping(StackFixture.PEER, StackFixture.ADDRESS);
  }

  private static byte[] sealed(byte[] packet) {
    return Packets.seal(packet, 0, 20, 10);
  }

  private void assertAnswered(byte[] packet) {
    fixture.introducePeer();
    fixture.receiveIpv4(packet);
    assertEquals(ICMP, fixture.takeOnlyPacket().protocol());
  }

  @Test
  void aGoodPacketIsTaken() {
    assertAnswered(good());
  }

  @Test
  void aFrameShorterThanItsHeaderIsMalformed() {
    for (int length = 0; length < EthernetHeader.LENGTH; length++) {
      fixture.assertDropped(TcpIpCounter.ETHERNET_MALFORMED, new byte[length]);
    }
  }

  @Test
  void aFrameForAnotherStationOrAGroupIsNotOurs() {
    for (String mac : new String[] {"02:00:00:00:00:03", "01:00:5e:00:00:01"}) {
      fixture.assertDropped(
          TcpIpCounter.ETHERNET_NOT_OURS,
          Packets.ethernet(
              MacAddress.parse(mac), StackFixture.PEER_MAC, EthernetHeader.TYPE_IPV4, good()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1500, 0x0801, 0x8100, 0x86dd, 0xffff})
  void aFrameOfAnotherProtocolIsOfUnknownType(int type) {
    fixture.assertDropped(
        TcpIpCounter.ETHERNET_UNKNOWN_TYPE,
        Packets.ethernet(StackFixture.MAC, StackFixture.PEER_MAC, type, good()));
  }

  @Test
  void aPacketShorterThanItsHeaderIsMalformed() {
    for (int length = 0; length < Ipv4Header.LENGTH; length++) {
      fixture.assertIpv4Dropped(TcpIpCounter.IPV4_MALFORMED, Arrays.copyOf(good(), length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0x35, 0x55, 0x65, 0xf5})
  void anotherVersionIsMalformed(int first) {
    byte[] packet = good();
    packet[0] = (byte) first;
    fixture.assertIpv4Dropped(TcpIpCounter.IPV4_MALFORMED, sealed(packet));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x40, 0x41, 0x44, 0x49, 0x4f})
  void aHeaderShorterThanItCanBeOrLongerThanThePacketIsMalformed(int first) {
    byte[] packet = good();
    packet[0] = (byte) first;
    fixture.assertIpv4Dropped(TcpIpCounter.IPV4_MALFORMED, sealed(packet));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 19, 33, 0xffff})
  void aTotalLengthBelowTheHeaderOrBeyondTheFrameIsMalformed(int totalLength) {
    byte[] packet = good();
    assertEquals(32, packet.length);
    Packets.putU16(packet, Ipv4Header.TOTAL_LENGTH, totalLength);
    fixture.assertIpv4Dropped(TcpIpCounter.IPV4_MALFORMED, sealed(packet));
  }

  @Test
  void anyFlippedBitOfAnAddressIsABadChecksum() {
    for (int bit = 8 * Ipv4Header.SOURCE; bit < 8 * Ipv4Header.LENGTH; bit++) {
      byte[] packet = good();
      packet[bit / 8] ^= (byte) (0x80 >>> bit % 8);
      fixture.assertIpv4Dropped(TcpIpCounter.IPV4_BAD_CHECKSUM, packet);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x2000, 0x0001, 0x1fff, 0x3fff})
  void aFragmentIsCountedAndDropped(int fragment) {
    byte[] packet = good();
    Packets.putU16(packet, Ipv4Header.FRAGMENT, fragment);
    fixture.assertIpv4Dropped(TcpIpCounter.IPV4_FRAGMENT, sealed(packet));
  }

  @Test
  void aPacketThatMustNotBeFragmentedIsNoFragment() {
    byte[] packet = good();
    Packets.putU16(packet, Ipv4Header.FRAGMENT, 0x4000);
    assertAnswered(sealed(packet));
  }

  @Test
  void optionsAreSkipped() {
    byte[] echo = Packets.echo(REQUEST, 1, 1, Packets.text("ping"));
    for (int length = 4; length <= 40; length += 4) {
      byte[] options = new byte[length];
      Arrays.fill(options, (byte) 1);
      assertAnswered(Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, ICMP, options, echo));
    }
  }

  @Test
  void paddingAfterThePacketIsNotPartOfIt() {
    fixture.introducePeer();
    fixture.receiveIpv4(Arrays.copyOf(good(), 46));
    assertEquals(good().length - 20, fixture.takeOnlyPacket().payload().byteSize());
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.3", "10.0.1.2", "224.0.0.1", "10.0.0.0", "127.0.0.1", "0.0.0.0"})
  void aPacketForAnotherAddressIsNotOurs(String destination) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.IPV4_NOT_OURS, ping(StackFixture.PEER, Ipv4Address.parse(destination)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "127.0.0.1",
        "10.0.0.255",
        "10.0.0.2"
      })
  void aSourceThatNobodyElseCanHaveIsBad(String source) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.IPV4_BAD_SOURCE, ping(Ipv4Address.parse(source), StackFixture.ADDRESS));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 6, 41, 255})
  void aProtocolThatNothingTakesIsUnknown(int protocol) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.IPV4_UNKNOWN_PROTOCOL,
        Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, protocol, new byte[8]));
  }

  @Test
  void noByteOfAnOldFrameIsSentInANewOne() {
    assertAnswered(good());
    fixture.introducePeer();
    fixture.stack.udp().send(7, datagram(StackFixture.PEER), () -> {});
    byte[] frame = fixture.takeOnly();
    for (int i = 0; i < frame.length; i++) {
      boolean maySo = i >= Packets.IPV4 + Ipv4Header.CHECKSUM && i < Packets.IPV4 + 12;
      maySo |= i >= Packets.L4 + 6 && i < Packets.L4 + 8;
      assertFalse(!maySo && frame[i] == (byte) 0xa5, "byte " + i);
    }
  }

  private static Datagram datagram(Ipv4Address to) {
    return new Datagram(to, 7, ByteString.fromString("data"));
  }

  private byte[] sendTo(Ipv4Address to) {
    fixture.stack.udp().send(7, datagram(to), () -> {});
    return fixture.takeOnly();
  }

  @Test
  void aNeighbourIsReachedByItsOwnStationAndAStrangerByTheGateways() {
    restart(StackFixture.FACE.withGateway(StackFixture.PEER));
    fixture.introducePeer();
    for (Ipv4Address to : new Ipv4Address[] {StackFixture.PEER, StackFixture.FAR}) {
      byte[] frame = sendTo(to);
      assertEquals(StackFixture.PEER_MAC, StackFixture.destination(frame));
      Ipv4Packet packet = StackFixture.packet(frame);
      assertEquals(to, packet.destination());
      assertEquals(StackFixture.ADDRESS, packet.source());
    }
  }

  @Test
  void withoutAGatewayAStrangerIsNotReachedWhichIsSaidAndCounted() {
    assertEquals(
        "no route to 192.0.2.1: it is not on the link of 10.0.0.2/24, and there is no gateway",
        failureTo(StackFixture.FAR));
    fixture.assertCounted(TcpIpCounter.IPV4_NO_ROUTE, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "10.0.0.2"})
  void whoIsBehindNoLinkIsNotReachedWhichIsSaidAndCounted(String address) {
    assertEquals(address + " is not reached through a link", failureTo(Ipv4Address.parse(address)));
    fixture.assertCounted(TcpIpCounter.IPV4_NO_ROUTE, 1);
  }

  @Test
  void withoutAnAddressNothingIsSentWhichIsSaidAndCounted() {
    fixture.close();
    fixture = new StackFixture();
    assertEquals(
        "there is no address yet: get a lease, or configure one", failureTo(StackFixture.PEER));
    fixture.stack.udp().send(7, datagram(StackFixture.PEER), () -> {});
    fixture.assertCounted(TcpIpCounter.IPV4_NO_ROUTE, 2);
    assertEquals(0, fixture.waitingOnLink());
  }

  private String failureTo(Ipv4Address address) {
    var answer = new CompletableFuture<PingReply>();
    fixture.stack.ping(address, ByteString.emptyByteString(), Duration.ofSeconds(1), answer);
    return StackFixture.failureOf(answer);
  }

  @Test
  void aBroadcastGoesToAllWithoutAQuestion() {
    for (Ipv4Address all : new Ipv4Address[] {Ipv4Address.BROADCAST, StackFixture.LINK_BROADCAST}) {
      byte[] frame = sendTo(all);
      assertEquals(MacAddress.BROADCAST, StackFixture.destination(frame));
      assertEquals(all, StackFixture.packet(frame).destination());
    }
  }

  @Test
  void aLinkOfTwoHasNoBroadcastAddress() {
    restart(Ipv4Interface.of(Ipv4Address.parse("10.0.0.2"), 31));
    byte[] frame = sendTo(Ipv4Address.parse("10.0.0.3"));
    assertEquals(Ipv4Address.parse("10.0.0.3"), StackFixture.arp(frame).target());
  }

  @Test
  void aGroupIsReachedAtItsStationAddressWithTheHighestBitsCutOff() {
    byte[] frame = sendTo(Ipv4Address.parse("239.129.2.3"));
    assertEquals(MacAddress.parse("01:00:5e:01:02:03"), StackFixture.destination(frame));
  }

  @Test
  void eachPacketHasItsOwnIdentification() {
    fixture.introducePeer();
    int first = Packets.u16(sendTo(StackFixture.PEER), Packets.IPV4 + Ipv4Header.IDENTIFICATION);
    int second = Packets.u16(sendTo(StackFixture.PEER), Packets.IPV4 + Ipv4Header.IDENTIFICATION);
    assertEquals((first + 1) & 0xffff, second);
  }
}
