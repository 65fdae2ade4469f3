package virtionet.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a model does with the buffers of a pair's receive queue (VirtIO 1.3 §5.1.6.3, §5.1.6.4). */
final class ModelReceive {
  private static final ModelOffloads.Header PLAIN = new ModelOffloads.Header(0, 0, 0, 0, 0, 0, 0);

  private final ModelQueues queues;
  private final ModelFraming framing;

  ModelReceive(ModelQueues queues, ModelFraming framing) {
    this.queues = queues;
    this.framing = framing;
  }

  boolean deliver(int pair, byte[] frame) {
    return deliver(pair, PLAIN, frame);
  }

  /** Delivers a frame with what this header says of it. Whether there was a buffer for it. */
  boolean deliver(int pair, ModelOffloads.Header header, byte[] frame) {
    if (framing.isMergeable()) {
      return deliverMerged(pair, header, frame, Integer.MAX_VALUE, 0);
    }
    byte[] bytes = header.withBuffers(1).bytes(framing.headerLength());
    return deliverRaw(pair, bytes, frame, bytes.length + frame.length);
  }

  /**
   * Delivers a frame over as many buffers as it needs (§5.1.6.3.2).
   *
   * @param most bytes in each buffer, for a device that does not fill them
   * @param keptBack buffers at the end that stay with the device: a broken one
   */
  boolean deliverMerged(
      int pair, ModelOffloads.Header header, byte[] frame, int most, int keptBack) {
    DeviceSideRing ring = queues.ring(ModelQueues.receive(pair));
    if (ring.waiting() == 0) {
      return false;
    }
    int start = framing.headerLength();
    byte[] all = Arrays.copyOf(header.bytes(start), start + frame.length);
    System.arraycopy(frame, 0, all, start, frame.length);
    List<DeviceSideRing.Chain> chains = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    for (int at = 0; at < all.length; ) {
      DeviceSideRing.Chain chain = ring.take().orElseThrow();
      framing.check(chain.pieces(), true);
      at = (int) Math.min(all.length, at + Math.min(most, chain.writable()));
      chains.add(chain);
      ends.add(at);
    }
    int buffers = header.numBuffers() == 0 ? chains.size() : header.numBuffers();
    System.arraycopy(header.withBuffers(buffers).bytes(start), 0, all, 0, start);
    int at = 0;
    for (int i = 0; i < chains.size() - keptBack; i++) {
      chains.get(i).write(Arrays.copyOfRange(all, at, ends.get(i)));
      ring.use(chains.get(i).head(), ends.get(i) - at);
      at = ends.get(i);
    }
    return true;
  }

  /** Delivers header and frame as given, and claims that so many bytes were written. */
  boolean deliverRaw(int pair, byte[] header, byte[] frame, long claimed) {
    DeviceSideRing ring = queues.ring(ModelQueues.receive(pair));
    Optional<DeviceSideRing.Chain> buffer = ring.take();
    buffer.ifPresent(
        chain -> {
          framing.check(chain.pieces(), true);
          byte[] both = new byte[header.length + frame.length];
          System.arraycopy(header, 0, both, 0, header.length);
          System.arraycopy(frame, 0, both, header.length, frame.length);
          chain.write(both);
          ring.use(chain.head(), claimed);
        });
    return buffer.isPresent();
  }
}
