package virtionet.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What a model does with the frames of the transmit queues (VirtIO 1.3 §5.1.6.2), and what the
 * driver must not give it there. Guarded by its model's lock.
 */
final class ModelTransmit {

  /** Told of each frame, as it was given. */
  interface Wire {
    void sent(int pair, ModelOffloads.Header header, byte[] frame);
  }

  private final ModelSettings settings;
  private final ModelStatus status;
  private final ModelQueues queues;
  private final ModelFraming framing;
  private final ModelHashes hashes;
  private final Consumer<String> violations;
  private final List<byte[]> frames = new ArrayList<>();
  private final List<ModelOffloads.Header> headers = new ArrayList<>();
  private final List<Integer> ways = new ArrayList<>();
  private final Map<Integer, Integer> taken = new TreeMap<>();
  private boolean automatic = true;
  private boolean stallEndsWithReset;
  private Wire wire = (pair, header, frame) -> {};

  ModelTransmit(
      ModelSettings settings,
      ModelStatus status,
      ModelQueues queues,
      ModelFraming framing,
      ModelHashes hashes,
      Consumer<String> violations) {
    this.settings = settings;
    this.status = status;
    this.queues = queues;
    this.framing = framing;
    this.hashes = hashes;
    this.violations = violations;
  }

  /** Doorbells move nothing any more. */
  void stall() {
    automatic = false;
  }

  /** The same until the next reset. */
  void stallUntilReset() {
    automatic = false;
    stallEndsWithReset = true;
  }

  /** One queue was reset on its own. */
  void queueReset() {
    if (stallEndsWithReset) {
      stallEndsWithReset = false;
      automatic = true;
    }
  }

  boolean isAutomatic() {
    return automatic;
  }

  void onto(Wire newWire) {
    wire = newWire;
  }

  /** Takes the frames that were transmitted until now. */
  List<byte[]> take() {
    List<byte[]> taken = List.copyOf(frames);
    frames.clear();
    return taken;
  }

  /** Takes the headers of the frames that were transmitted since this was called before. */
  List<ModelOffloads.Header> takeHeaders() {
    List<ModelOffloads.Header> taken = List.copyOf(headers);
    headers.clear();
    return taken;
  }

  /** Takes the pairs of the frames that were transmitted since this was called before. */
  List<Integer> takePairs() {
    List<Integer> pairs = List.copyOf(ways);
    ways.clear();
    return pairs;
  }

  /** How many frames the driver has placed on a pair's queue since the reset. */
  int placed(int pair) {
    return taken.getOrDefault(pair, 0) + queues.waiting(ModelQueues.transmit(pair));
  }

  void reset() {
    taken.clear();
    queueReset();
  }

  /** Transmits all that waits on a pair's queue, without an interrupt; how many frames. */
  int transmit(int pair) {
    DeviceSideRing ring = queues.ring(ModelQueues.transmit(pair));
    int sent = 0;
    do {
      ring.disableNotifications();
      List<DeviceSideRing.Chain> batch = new ArrayList<>();
      for (; ring.waiting() > 0; sent++) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        framing.check(chain.pieces(), false);
        taken.merge(pair, 1, Integer::sum);
        send(pair, chain.readable());
        batch.add(chain);
      }
      giveBack(ring, batch);
    } while (ring.enableNotifications());
    return sent;
  }

  /** With IN_ORDER by one entry for all of them. */
  private void giveBack(DeviceSideRing ring, List<DeviceSideRing.Chain> batch) {
    if (status.accepted(ModelSettings.IN_ORDER) && !batch.isEmpty()) {
      ring.useBatch(batch, 0);
    } else {
      batch.forEach(chain -> ring.use(chain.head(), 0));
    }
  }

  private void send(int pair, byte[] bytes) {
    int start = framing.headerLength();
    byte[] frame = Arrays.copyOfRange(bytes, start, bytes.length);
    byte[] said = Arrays.copyOf(bytes, start);
    ModelOffloads.check(said, frame, status.features(), settings.mtu()).forEach(violations);
    hashes.checkSent(said);
    ModelOffloads.Header header = ModelOffloads.Header.of(said);
    frames.add(frame);
    headers.add(header);
    ways.add(pair);
    wire.sent(pair, header, frame);
  }

  /** All that was published has been transmitted, if each doorbell came that was asked for. */
  void checkDoorbellsRung(int pair) {
    if (automatic && status.works() && queues.waiting(ModelQueues.transmit(pair)) > 0) {
      violations.accept("frames were published, and the doorbell was not rung (§2.7.10, §2.8.10)");
    }
  }
}
