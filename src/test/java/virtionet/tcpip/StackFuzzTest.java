package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;

/** A hostile link: whatever comes, nothing breaks, nothing leaks, and nothing piles up. */
class StackFuzzTest {
  private static final int STEPS = 200_000;
  private static final long FIXED_SEED = 20261124;
  private static final int ROOM = 4;
  private static final ArpSettings ARP =
      new ArpSettings(Duration.ofSeconds(10), Duration.ofSeconds(1), 3, 8, 4);

  @Test
  void noFramesDoHarm() {
    for (long seed : List.of(FIXED_SEED, System.nanoTime())) {
      new Attack(seed).run();
    }
  }

  /** One run, which its seed determines. */
  private static final class Attack {
    private final long seed;
    private final Random random;
    private final StackFixture fixture =
        StackFixture.configured(StackFixture.FACE, settings -> settings.withArp(ARP));
    private final UdpLayer.Receiver receiver =
        new UdpLayer.Receiver() {
          @Override
          public boolean receive(Ipv4Address source, int port, MemorySegment data) {
            fixture.stack.udp().send(7, new Datagram(source, port, bytes(data)), () -> {});
            return true;
          }

          @Override
          public void ended(Optional<TcpIpException> failure) {}
        };
    private int sent;

    Attack(long seed) {
      this.seed = seed;
      random = new Random(seed);
    }

    private static ByteString bytes(MemorySegment data) {
      return ByteString.fromArray(data.toArray(ValueLayout.JAVA_BYTE));
    }

    void run() {
      fixture.stack.udp().bind(7, receiver);
      fixture.stack.lease(new CompletableFuture<>());
      fixture.setRoom(ROOM);
      for (int step = 0; step < STEPS; step++) {
        try {
          fixture.receive(damaged(frame()));
          another();
          assertBounded();
        } catch (RuntimeException | AssertionError e) {
          fail("seed %d, step %d".formatted(seed, step), e);
        }
      }
      assertEquals(STEPS + 0L, fixture.counters.get(TcpIpCounter.FRAMES_RECEIVED));
      if (seed == FIXED_SEED) {
        // Of another seed nobody knows what it meets.
        assertEveryReasonWasMet();
      }
      fixture.close();
    }

    /** What the host itself does meanwhile. */
    private void another() {
      switch (random.nextInt(16)) {
        case 0 -> fixture.advance(Duration.ofMillis(random.nextInt(3000)));
        case 1 ->
            fixture.stack.ping(
                host(),
                ByteString.emptyByteString(),
                Duration.ofSeconds(1),
                new CompletableFuture<>());
        case 2, 3 -> {
          sent += fixture.takeSent().size();
          fixture.stack.onRoom();
        }
        default -> {}
      }
    }

    private void assertBounded() {
      int parked = ARP.entries() * ARP.queue();
      assertTrue(fixture.waitingOnLink() <= ROOM + ARP.queue(), "frames on the link");
      assertTrue(
          fixture.frames.held() - fixture.waitingOnLink() <= parked, "frames that wait for ARP");
    }

    private void assertEveryReasonWasMet() {
      assertTrue(sent > 1000, () -> "answers: " + sent);
      for (TcpIpCounter counter : TcpIpCounter.values()) {
        // The only socket here always has room.
        if (counter != TcpIpCounter.UDP_QUEUE_FULL) {
          assertTrue(fixture.counters.get(counter) > 0, () -> "seed " + seed + ": " + counter);
        }
      }
    }

    private Ipv4Address host() {
      return switch (random.nextInt(8)) {
        case 0 -> StackFixture.FAR;
        case 1 -> new Ipv4Address(random.nextInt());
        case 2 -> StackFixture.ADDRESS;
        case 3 -> StackFixture.LINK_BROADCAST;
        default -> Ipv4Address.of(10, 0, 0, random.nextInt(24));
      };
    }

    private Ipv4Address us() {
      return switch (random.nextInt(8)) {
        case 0 -> host();
        case 1 -> Ipv4Address.BROADCAST;
        default -> StackFixture.ADDRESS;
      };
    }

    private MacAddress station() {
      return new MacAddress(0x0200_0000_0000L + random.nextInt(24));
    }

    private byte[] frame() {
      return switch (random.nextInt(8)) {
        case 0 -> random(random.nextInt(1600));
        case 1, 2 -> to(EthernetHeader.TYPE_ARP, arp());
        default -> to(EthernetHeader.TYPE_IPV4, packet());
      };
    }

    private byte[] to(int type, byte[] payload) {
      MacAddress destination = random.nextInt(4) == 0 ? MacAddress.BROADCAST : StackFixture.MAC;
      return Packets.ethernet(destination, station(), type, payload);
    }

    private byte[] arp() {
      return Packets.arp(1 + random.nextInt(2), station(), host(), StackFixture.MAC, us());
    }

    private byte[] packet() {
      Ipv4Address source = host();
      Ipv4Address destination = us();
      byte[] options = random(4 * (random.nextInt(4) == 0 ? random.nextInt(11) : 0));
      byte[] data = random(random.nextInt(64));
      return switch (random.nextInt(4)) {
        case 0 ->
            Packets.ipv4(
                source, destination, 1, options, Packets.echo(random.nextInt(9), 1, 1, data));
        case 1 -> {
          DhcpMessages offer = DhcpMessages.of(random.nextInt(8));
          yield Packets.ipv4(
              source,
              destination,
              17,
              options,
              Packets.udp(source, 67, destination, 68, offer.bytes()));
        }
        default ->
            Packets.ipv4(
                source,
                destination,
                17,
                options,
                Packets.udp(source, random.nextInt(3), destination, 5 + random.nextInt(3), data));
      };
    }

    private byte[] random(int length) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      return bytes;
    }

    /** Half of them; of these, half with the header's checksum made right again. */
    private byte[] damaged(byte[] frame) {
      byte[] bytes = frame;
      if (random.nextBoolean() || bytes.length == 0) {
        return bytes;
      }
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
        int near = random.nextBoolean() ? Math.min(bytes.length, 48) : bytes.length;
        bytes[random.nextInt(near)] = (byte) random.nextInt();
      }
      if (bytes.length >= Packets.L4 && random.nextBoolean()) {
        int header = Math.min(bytes.length - Packets.IPV4, 4 * (bytes[Packets.IPV4] & 0xf));
        Packets.seal(bytes, Packets.IPV4, header, Packets.IPV4 + Ipv4Header.CHECKSUM);
      }
      return bytes;
    }
  }
}
