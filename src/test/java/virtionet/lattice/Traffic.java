package virtionet.lattice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetFeature;
import virtionet.testing.Patience;
import virtionet.testing.TestBytes;

/**
 * The traffic that each combination of features must carry, whatever stands at the other end: all
 * frames whole, in order, and none lost. The device has an MTU of {@link #MTU}, so that frames
 * reach over several merged buffers.
 */
public final class Traffic {
  /** What the device is to offer. */
  public static final int MTU = 9000;

  /** Descriptors of each queue. */
  public static final int RING = 16;

  /** Bytes of each of the driver's buffers, where frames are merged. */
  public static final int BUFFER = 2048;

  /** The driver's settings, in HOCON, below {@code virtionet}. */
  public static final List<String> SETTINGS =
      List.of(
          "receive-queue-size = " + RING,
          "transmit-queue-size = " + RING,
          "buffer-size = " + BUFFER,
          "received-frames = as-given");

  private static final int SMALL = 60;
  private static final int LONGEST = MTU + Frame.HEADER_LENGTH;

  /** Two buffers each, where they are merged. */
  private static final int FORWARDED = 4000;

  /** So many of the longest frames fit into a UDP socket's usual buffer. */
  private static final int FEW = 4;

  private final NearEnd near;
  private final FarEnd far;
  private final Combination combination;
  private int number;
  private long sent;
  private long received;

  private Traffic(NearEnd near, FarEnd far, Combination combination) {
    this.near = near;
    this.far = far;
    this.combination = combination;
  }

  /** Lets all of it pass; fails where the combination is not what was negotiated. */
  public static void pass(NearEnd near, FarEnd far, Combination combination) throws Exception {
    combination.assertNegotiated(near.connection().features());
    assertEquals(MTU, near.connection().mtu());
    var traffic = new Traffic(near, far, combination);
    traffic.frameOfEachNotableLength();
    traffic.manyLapsOfTheRings();
    traffic.bothWaysAtOnce();
    traffic.forwarding();
    traffic.burstIntoAPausedDevice();
    traffic.nothingIsMissing();
  }

  /** Shortest, usual, longest; and where another merged buffer begins: one byte less and more. */
  private List<Integer> notableLengths() {
    List<Integer> lengths = new ArrayList<>(List.of(14, 15, 59, 60, 61, 576, 1513, 1514, 1515));
    for (int end = BUFFER; end < LONGEST; end += BUFFER) {
      for (int beyond = -1; beyond <= 1; beyond++) {
        lengths.add(end - combination.headerLength() + beyond);
      }
    }
    lengths.addAll(List.of(LONGEST - 1, LONGEST));
    return lengths;
  }

  private void frameOfEachNotableLength() throws Exception {
    for (int length : notableLengths()) {
      carryOut(1, TestBytes.ofLength(length));
      byte[] bytes = TestBytes.frame(number++, length);
      far.send(bytes);
      received++;
      Frame frame = near.hold();
      assertArrayEquals(bytes, frame.toByteArray());
      assertEquals(buffersFor(length), frame.segmentCount(), () -> "buffers for " + length);
      frame.release();
    }
  }

  private int buffersFor(int length) {
    return combination.has(NetFeature.MRG_RXBUF)
        ? Math.ceilDiv(combination.headerLength() + length, BUFFER)
        : 1;
  }

  /** In bursts of several times the ring. */
  private void manyLapsOfTheRings() throws Exception {
    carryOut(40 * RING, TestBytes.ofLength(SMALL));
    carryIn(40 * RING, TestBytes.ofLength(SMALL));
    carryOut(20 * RING, TestBytes.ofEachLength());
    carryIn(20 * RING, TestBytes.ofEachLength());
    IntFunction<byte[]> long16 = number -> TestBytes.frame(number, LONGEST - number % RING);
    near.carry(far, 2 * RING, FEW, long16);
    far.carry(near, 2 * RING, FEW, long16);
    sent += 2 * RING;
    received += 2 * RING;
  }

  private void carryOut(int count, IntFunction<byte[]> frames) throws Exception {
    near.carry(far, count, frames);
    sent += count;
  }

  private void carryIn(int count, IntFunction<byte[]> frames) throws Exception {
    far.carry(near, count, frames);
    received += count;
  }

  private void bothWaysAtOnce() throws Exception {
    IntFunction<byte[]> frames = TestBytes.ofEachLength();
    int count = 20 * RING;
    int out = 0;
    for (int came = 0; came < count; came++) {
      for (; out < count && out - came < 2 * RING; out++) {
        near.send(frames.apply(2 * out));
        far.send(frames.apply(2 * out + 1));
      }
      int frame = came;
      assertArrayEquals(frames.apply(2 * came), far.receive(), () -> "frame out " + frame);
      assertArrayEquals(frames.apply(2 * came + 1), near.receive(), () -> "frame in " + frame);
    }
    sent += count;
    received += count;
  }

  /** Received frames are sent as they are, from the buffers in which they came. */
  private void forwarding() throws Exception {
    for (int round = 0; round < 2 * RING; round++) {
      List<byte[]> frames = new ArrayList<>();
      for (int i = 0; i < FEW; i++) {
        byte[] frame = TestBytes.frame(number, 1000 + 500 * (number % RING));
        number++;
        frames.add(frame);
        far.send(frame);
      }
      for (int i = 0; i < FEW; i++) {
        near.send(near.hold());
      }
      for (byte[] frame : frames) {
        assertArrayEquals(frame, far.receive(), () -> "frame of " + frame.length);
      }
      sent += FEW;
      received += FEW;
    }
  }

  /** The ring fills, the rest waits, and all of it comes in order afterwards. */
  private void burstIntoAPausedDevice() throws Exception {
    List<byte[]> frames = new ArrayList<>();
    List<Frame> held = new ArrayList<>();
    for (int i = 0; i < FEW; i++) {
      byte[] frame = TestBytes.frame(number++, FORWARDED);
      frames.add(frame);
      far.send(frame);
      held.add(near.hold());
    }
    received += FEW;
    long full = near.count(Counter.TRANSMIT_RING_FULL);
    far.pause();
    held.forEach(near::send);
    for (int i = 0; i < 3 * RING; i++) {
      byte[] frame = TestBytes.frame(number++, SMALL + i);
      frames.add(frame);
      near.send(frame);
    }
    Patience.until("the ring is full", () -> near.count(Counter.TRANSMIT_RING_FULL) > full);
    far.inspectFullQueue();
    far.resume();
    for (byte[] frame : frames) {
      assertArrayEquals(frame, far.receive(), () -> "frame of " + frame.length);
    }
    sent += frames.size();
  }

  private void nothingIsMissing() {
    Map<Counter, Long> expected = new TreeMap<>();
    expected.put(Counter.TRANSMITTED_FRAMES, sent);
    expected.put(Counter.RECEIVED_FRAMES, received);
    expected.put(Counter.DELIVERED_FRAMES, received);
    Stream.of(Counter.values())
        .filter(Counter::isDrop)
        .forEach(counter -> expected.put(counter, 0L));
    // The last frames that were sent may still be to be taken back.
    Patience.until(
        "the driver counts each frame once", () -> near.count(Counter.TRANSMITTED_FRAMES) == sent);
    expected.forEach((counter, count) -> assertEquals(count, near.count(counter), counter::name));
    assertTrue(near.in().isEmpty(), "a frame that nobody sent");
    far.inspectAtRest();
  }
}
