package virtionet.fuzz;

import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.DeviceSideRing.Chain;
import virtionet.testing.DeviceSideRing.Piece;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;

/**
 * A card that serves its driver now and then, and misbehaves in between. Each act is one step,
 * drawn from the seed. Any thread; what it does is guarded by its model.
 */
final class FuzzedDevice implements FuzzedRegisters.Device {
  private static final long HASH_REPORT = 1L << 57;
  private static final long[] REGISTERS = {
    0x010, 0x034, 0x040, 0x044, 0x060, 0x070, 0x0c0, 0x0fc, 0x100, 0x104, 0x105, 0x106, 0x108,
    0x10a, 0x10c, 0x110, 0x111
  };

  private final NetDeviceModel model;
  private final ModelSettings settings;
  private final GuardedMemory memory;
  private final SplittableRandom random;
  private final ActLog log;
  private final FuzzedRegisters registers;
  private final Map<Integer, FuzzedQueue> queues = new TreeMap<>();
  private final Map<Long, Passage> passages = new LinkedHashMap<>();
  private final Map<Long, Passage> places = new HashMap<>();
  private final Map<Integer, Passage> posted = new HashMap<>();
  private long number;
  private boolean suspect;

  /** Every length that was claimed since the last reset. */
  private final Set<Long> claims = new HashSet<>();

  /** Whether a frame may be another than the one that its mark tells. */
  private boolean identityUnknown;

  /** Whether lengths stand in the ring that were not meant as such. */
  private boolean lengthsUnknown;

  /** Whether it was reset by somebody else; what its driver does makes no sense to it then. */
  private boolean forgetful;

  private int violations;
  private long lies;

  FuzzedDevice(
      NetDeviceModel model,
      ModelSettings settings,
      virtionet.machine.Registers truth,
      GuardedMemory memory,
      SplittableRandom random,
      ActLog log) {
    this.model = model;
    this.settings = settings;
    this.memory = memory;
    this.random = random;
    this.log = log;
    registers = new FuzzedRegisters(truth, model, this);
    model.stallControl();
    model.stallUntilReset();
  }

  FuzzedRegisters registers() {
    return registers;
  }

  NetDeviceModel model() {
    return model;
  }

  /** Misbehaviours until now. */
  long lies() {
    synchronized (model) {
      return lies;
    }
  }

  @Override
  public boolean isSuspect() {
    synchronized (model) {
      return suspect;
    }
  }

  @Override
  public boolean isDeaf() {
    return forgetful;
  }

  @Override
  public void lied() {
    suspect = true;
    lies++;
  }

  @Override
  public void beforeReset() {
    checkDriver();
    if (suspect) {
      // So that its own checks do not trip over what it did itself, and leave it half reset.
      model.forget();
    }
  }

  @Override
  public void afterReset() {
    queues.clear();
    posted.clear();
    passages.clear();
    places.clear();
    suspect = false;
    identityUnknown = false;
    lengthsUnknown = false;
    claims.clear();
    forgetful = false;
    model.stallUntilReset();
    model.control().answer(0);
    model.control().claim(1);
    violations = model.violations().size();
  }

  @Override
  public void afterQueueReset() {
    model.stallUntilReset();
  }

  /** A sound device has nothing to complain of. */
  void checkDriver() {
    synchronized (model) {
      if (suspect) {
        return;
      }
      List<String> all = model.violations();
      if (all.size() > violations) {
        throw new AssertionError(
            "the driver breaks the rules: " + all.subList(violations, all.size()));
      }
    }
  }

  /** From now on it is sound, once it was reset. */
  void beHonest() {
    synchronized (model) {
      registers.beHonest();
      suspect = true;
    }
  }

  /** One act. */
  void act(boolean hostile) {
    synchronized (model) {
      try {
        if (hostile) {
          misbehave();
        } else {
          serve();
        }
      } catch (AssertionError | RuntimeException e) {
        // What it reads in its rings may be its own doing.
        if (!suspect) {
          throw new AssertionError("the device says: " + e.getMessage(), e);
        }
      }
    }
  }

  private Optional<FuzzedQueue> queue(int index) {
    DeviceSideRing ring;
    try {
      ring = model.ring(index);
    } catch (AssertionError e) {
      // Not ready: the driver is not that far, or the device has forgotten all.
      queues.remove(index);
      return Optional.empty();
    }
    FuzzedQueue known = queues.get(index);
    if (known == null || !known.ring().equals(ring)) {
      known = new FuzzedQueue(ring, accepted(ModelSettings.IN_ORDER), random);
      queues.put(index, known);
    }
    return Optional.of(known);
  }

  private boolean accepted(long feature) {
    return (model.driverFeatures() & feature) != 0;
  }

  private boolean isMergeable() {
    return accepted(ModelSettings.MRG_RXBUF);
  }

  int headerLength() {
    if (accepted(HASH_REPORT)) {
      return 20;
    }
    return settings.isLegacy() && !isMergeable() ? 10 : 12;
  }

  private int anyQueue() {
    return random.nextInt(2 * settings.pairs() + 1);
  }

  private int anyPair() {
    return random.nextInt(model.pairs());
  }

  // What it owes.

  private void serve() {
    switch (random.nextInt(12)) {
      case 0 -> take(anyQueue(), 1 + random.nextInt(64));
      case 1, 2, 3, 4 -> receive(2 * anyPair(), 1 + random.nextInt(8), false);
      case 5, 6, 7, 8 -> transmit(2 * anyPair() + 1);
      case 9 -> {
        if (queue(model.controlQueue()).isPresent()) {
          model.executeNow(random.nextInt(4) > 0);
        }
      }
      case 10 -> signal();
      default -> change();
    }
  }

  private void change() {
    switch (random.nextInt(3)) {
      case 0 -> model.setLink(random.nextBoolean());
      case 1 -> model.announce();
      default -> model.setSpeed(random.nextInt(100_000), random.nextInt(2));
    }
    log.note("configuration changes");
  }

  private void signal() {
    queues.values().forEach(queue -> model.signal(queue.ring()));
    log.note("interrupt for what is used");
  }

  private int take(int index, int most) {
    int count = 0;
    Optional<FuzzedQueue> found = index == model.controlQueue() ? Optional.empty() : queue(index);
    if (found.isPresent()) {
      FuzzedQueue queue = found.get();
      for (; count < most; count++) {
        Optional<Chain> chain = queue.take();
        if (chain.isEmpty()) {
          break;
        }
        if (index % 2 == 0) {
          mark(index, chain.get());
        }
      }
      if (random.nextInt(3) > 0 && !queue.isLost()) {
        queue.ring().enableNotifications();
      }
    }
    return count;
  }

  private void mark(int index, Chain chain) {
    var passage = new Passage(chain, headerLength(), ++number, isMergeable());
    Passage before = places.put(chain.pieces().getFirst().bytes().address(), passage);
    if (before != null) {
      passages.remove(before.mark());
    }
    passages.put(passage.mark(), passage);
    posted.put(index << 16 | chain.head(), passage);
  }

  private Optional<Passage> passage(int index, Chain chain) {
    return Optional.ofNullable(posted.get(index << 16 | chain.head()));
  }

  private void receive(int index, int frames, boolean wild) {
    take(index, 64);
    Optional<FuzzedQueue> found = queue(index);
    int used = 0;
    for (; found.isPresent() && used < frames; used++) {
      FuzzedQueue queue = found.get();
      Optional<Chain> chain = queue.next();
      if (chain.isEmpty()) {
        break;
      }
      Passage passage = passage(index, chain.get()).orElseThrow();
      int length = Math.min(passage.room(), frameLength());
      passage.write(header(wild), length);
      long claimed = (long) headerLength() + length;
      passage.claim(claimed);
      claims.add(claimed);
      queue.use(chain.get(), claimed);
    }
    log.note(
        "%d frames received on queue %d%s".formatted(used, index, wild ? ", headers wild" : ""));
    found.filter(queue -> random.nextInt(4) > 0).ifPresent(queue -> model.signal(queue.ring()));
  }

  private int frameLength() {
    return switch (random.nextInt(4)) {
      case 0 -> 14 + random.nextInt(50);
      case 1 -> 1514;
      default -> 14 + random.nextInt(1501);
    };
  }

  private byte[] header(boolean wild) {
    byte[] header = new byte[headerLength()];
    if (isMergeable()) {
      header[10] = 1;
    }
    if (wild) {
      int changes = 1 + random.nextInt(4);
      // How many buffers there are is another matter.
      int fields = isMergeable() ? 10 : header.length;
      for (int i = 0; i < changes; i++) {
        header[random.nextInt(fields)] = (byte) wildByte();
      }
    }
    return header;
  }

  private int wildByte() {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(6);
      case 1 -> 1 << random.nextInt(8);
      default -> random.nextInt(256);
    };
  }

  private void transmit(int index) {
    boolean idle = queue(index).map(queue -> queue.size() == 0 && !queue.isLost()).orElse(false);
    if (idle && random.nextBoolean() && allIdle()) {
      // With all that the model checks in frames.
      log.note("%d frames transmitted".formatted(model.transmitNow()));
      model.takeTransmitted();
      model.takeTransmittedHeaders();
      model.takeTransmittedPairs();
      return;
    }
    take(index, 1 + random.nextInt(64));
    int used = 0;
    Optional<FuzzedQueue> found = queue(index);
    for (int most = random.nextInt(16); found.isPresent() && used < most; used++) {
      Optional<Chain> chain = found.get().next();
      if (chain.isEmpty()) {
        break;
      }
      found.get().use(chain.get(), 0);
    }
    log.note("%d buffers used on queue %d".formatted(used, index));
    found.filter(queue -> random.nextInt(4) > 0).ifPresent(queue -> model.signal(queue.ring()));
  }

  /** Of all pairs, also of those that the driver has given up since. */
  private boolean allIdle() {
    return queues.entrySet().stream()
        .filter(entry -> entry.getKey() % 2 == 1)
        .allMatch(entry -> entry.getValue().size() == 0 && !entry.getValue().isLost());
  }

  // What it must not do.

  private void misbehave() {
    int index = anyQueue();
    Optional<FuzzedQueue> queue = queue(index);
    lied();
    switch (random.nextInt(20)) {
      case 0, 1 -> queue.ifPresent(q -> wrongLength(index, q));
      case 2 -> queue.ifPresent(q -> twice(index, q));
      case 3 -> queue.ifPresent(q -> wildId(index, q));
      case 4 -> queue.ifPresent(q -> progress(index, q));
      case 5 -> queue.ifPresent(FuzzedQueue::corruptHints);
      case 6 -> queue.ifPresent(q -> corruptRing(index, q));
      case 7, 8, 9 -> receive(2 * anyPair(), 1 + random.nextInt(4), true);
      case 10 -> merged(2 * anyPair());
      case 11, 12 -> tamper();
      case 13, 14, 15 -> lieInRegister();
      case 16 -> status();
      case 17 -> {
        model.raise(random.nextInt(4));
        log.note("raises its line");
      }
      case 18 -> control();
      default -> rare();
    }
  }

  private void note(String what, String how) {
    log.note(what + ": " + how);
  }

  /** It says another length than it wrote. */
  private void wrongLength(int index, FuzzedQueue queue) {
    take(index, 8);
    Optional<Chain> chain = queue.next();
    if (chain.isPresent()) {
      long length = queue.wildLength();
      claims.add(length);
      passage(index, chain.get()).ifPresent(passage -> passage.claim(length));
      queue.use(chain.get(), length);
      note("queue " + index, "length " + length);
    }
  }

  private void twice(int index, FuzzedQueue queue) {
    long length = queue.wildLength();
    claims.add(length);
    queue.useAgain(length);
    // The driver may have given the id to another buffer meanwhile.
    identityUnknown = true;
    lengthsUnknown |= saysWholeBuffers();
    note("queue " + index, "a buffer is used twice, length " + length);
  }

  private void wildId(int index, FuzzedQueue queue) {
    // It may be one that was never marked.
    identityUnknown = true;
    lengthsUnknown |= saysWholeBuffers();
    long length = queue.wildLength();
    claims.add(length);
    note("queue " + index, queue.useWild(length));
  }

  /** With IN_ORDER what is skipped counts as full; a packed descriptor has a length of its own. */
  private boolean saysWholeBuffers() {
    return accepted(ModelSettings.IN_ORDER | ModelSettings.RING_PACKED);
  }

  private void progress(int index, FuzzedQueue queue) {
    // What stood in a split ring's entries before counts once more.
    identityUnknown = true;
    lengthsUnknown |= saysWholeBuffers();
    note("progress of queue " + index, queue.corruptProgress());
  }

  private void corruptRing(int index, FuzzedQueue queue) {
    identityUnknown = true;
    lengthsUnknown = true;
    memory
        .around(queue.ring().descriptors())
        .ifPresent(ring -> note("bytes of ring " + index, queue.corrupt(ring)));
  }

  /** A frame in several buffers, of which some do not come, or are not as long as is said. */
  private void merged(int index) {
    take(index, 64);
    identityUnknown |= isMergeable();
    Optional<FuzzedQueue> found = queue(index);
    int said = random.nextInt(5);
    int come = random.nextInt(5);
    for (int i = 0; i < come && found.isPresent(); i++) {
      Optional<Chain> chain = found.get().next();
      if (chain.isEmpty()) {
        break;
      }
      Passage passage = passage(index, chain.get()).orElseThrow();
      byte[] header = header(false);
      if (isMergeable()) {
        header[10] = (byte) said;
      }
      passage.write(header, Math.min(passage.room(), 600));
      long length = random.nextInt(4) == 0 ? found.get().wildLength() : 600;
      passage.claim(length);
      claims.add(length);
      found.get().use(chain.get(), length);
    }
    note("queue " + index, "a frame of %d buffers in %d".formatted(said, come));
  }

  /** Bytes of a buffer change that the driver, or its client, may be looking at. */
  private void tamper() {
    if (passages.isEmpty()) {
      return;
    }
    Passage passage =
        passages.values().stream().skip(random.nextInt(passages.size())).findFirst().orElseThrow();
    List<Piece> pieces = passage.chain().pieces();
    Piece piece = pieces.get(random.nextInt(pieces.size()));
    int at = random.nextInt((int) Math.min(piece.bytes().byteSize(), 64));
    piece.bytes().set(ValueLayout.JAVA_BYTE, at, (byte) wildByte());
    passage.tamper();
    // The number of buffers stands there too.
    identityUnknown |= isMergeable();
    note("buffer", "byte " + at);
  }

  private void lieInRegister() {
    long offset = REGISTERS[random.nextInt(REGISTERS.length)];
    int value = wildByte() << (8 * random.nextInt(4));
    IntUnaryOperator made =
        switch (random.nextInt(3)) {
          case 0 -> truth -> value;
          case 1 -> truth -> truth ^ value;
          default -> truth -> random.nextInt();
        };
    // A status that never comes to rest costs the whole time that a reset may take.
    int readings = 1 + random.nextInt(offset == 0x070 || offset == 0x0c0 ? 3 : 40);
    registers.lie(offset, readings, made);
    note("register 0x%x".formatted(offset), readings + " lies");
  }

  private void status() {
    switch (random.nextInt(3)) {
      case 0 -> model.needReset();
      case 1 -> registers.vanish(1 + random.nextInt(8));
      default -> {
        // It knows no longer how long its own headers were.
        identityUnknown = true;
        lengthsUnknown = true;
        forgetful = true;
        model.forget();
      }
    }
    log.note("asks for a reset, is gone or was reset by somebody");
  }

  private void control() {
    model.control().answer((random.nextInt(4) - 1) << random.nextInt(6));
    model.control().claim(random.nextInt());
    Optional<FuzzedQueue> queue = queue(model.controlQueue());
    if (queue.isPresent() && random.nextInt(3) == 0) {
      note("control queue", queue.get().useWild(queue.get().wildLength()));
    }
    log.note("control answers are wrong");
  }

  private void rare() {
    if (random.nextInt(400) == 0) {
      registers.ignoreResets(1);
      log.note("does not hear of the next reset");
    } else {
      signal();
    }
  }

  // What the driver makes of it.

  /** What is wrong with a frame that the driver hands out, or nothing. */
  String problem(byte[] frame) {
    synchronized (model) {
      Passage passage = frame.length < Passage.MARK ? null : passages.get(Passage.markOf(frame));
      if (passage == null && !suspect) {
        return "a frame of %d bytes that never came".formatted(frame.length);
      }
      if (passage != null && !identityUnknown) {
        return passage.problem(frame);
      }
      boolean possible =
          lengthsUnknown || isMergeable() || claims.contains((long) frame.length + headerLength());
      return possible ? "" : "a frame of %d bytes, of which nobody spoke".formatted(frame.length);
    }
  }
}
