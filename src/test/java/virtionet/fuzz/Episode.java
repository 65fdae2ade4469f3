package virtionet.fuzz;

import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import virtionet.machine.Registers;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveHashes;
import virtionet.net.ReceivedFrames;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/**
 * One card, drawn from a seed, and some hundred steps with it: the driver, without its actors, and
 * the device by turns, on one thread. At the end the device is sound again, and so must be the
 * rest.
 */
final class Episode {
  private static final long OFFLOADS =
      1L | 1L << 1 | 0xfL << 7 | 0xfL << 11 | 1L << 54 | 1L << 55 | 1L << 56 | 1L << 59;
  private static final int MEMORY = 12 << 20;
  private static final Duration RESET_TIMEOUT = Duration.ofMillis(100);
  private static final int[] PERCENT_HOSTILE = {0, 1, 5, 20, 60};

  /** What came of it. */
  record Outcome(long steps, long lies, long faults, long frames) {}

  private final SplittableRandom random;
  private final ActLog log;
  private final ModelSettings card;
  private final NetSettings settings;

  Episode(SplittableRandom random, ActLog log) {
    this.random = random;
    this.log = log;
    card = card();
    settings = settings();
  }

  private ModelSettings card() {
    ModelSettings base = random.nextInt(3) == 0 ? ModelSettings.legacy() : ModelSettings.modern();
    long more = ModelSettings.MRG_RXBUF | ModelSettings.INDIRECT_DESC;
    if (!base.isLegacy()) {
      more |= ModelSettings.ALL_RING_FEATURES;
    }
    base = base.offering(more & random.nextLong());
    base = base.without(base.isLegacy() ? legacyOption() : 0);
    base = base.without(random.nextInt(3) == 0 ? ModelSettings.EVENT_IDX : 0);
    base = base.offering(random.nextBoolean() ? offloads() : 0);
    base = base.offering(random.nextInt(3) > 0 ? ModelSettings.CONTROL : 0);
    if (random.nextInt(4) == 0) {
      base = base.withMtu(random.nextBoolean() ? 9000 : 68 + random.nextInt(1500));
    }
    if (random.nextInt(4) == 0) {
      base = base.offering(ModelSettings.CONTROL).withPairs(2);
    }
    return base.withQueueSizeMax(8 << random.nextInt(5));
  }

  private long legacyOption() {
    return random.nextBoolean() ? ModelSettings.ANY_LAYOUT : 0;
  }

  /** With what each needs: a checksum before segmentation. */
  private long offloads() {
    return OFFLOADS & (random.nextBoolean() ? -1 : 3);
  }

  private NetSettings settings() {
    boolean asGiven = random.nextInt(3) == 0;
    int most = asGiven ? 3 : 5;
    return new NetSettings(
        4 << random.nextInt(most),
        4 << random.nextInt(most),
        2048,
        RESET_TIMEOUT,
        Set.of(),
        Set.of(),
        asGiven ? ReceivedFrames.AS_GIVEN : ReceivedFrames.COMPLETE,
        1 + random.nextInt(2),
        ReceiveHashes.NONE,
        /* paranoid= */ random.nextInt(4) == 0);
  }

  @Override
  public String toString() {
    return card + ", " + settings;
  }

  /** Runs it; what is wrong is an error, of whichever kind. */
  Outcome run(int steps) {
    ModelMachine machine = ModelMachine.withMemory(MEMORY, card);
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    if (!(Probe.probe(registers) instanceof Finding.Device found)) {
      throw new AssertionError("no device: the fuzzer's mistake");
    }
    var memory = new GuardedMemory(machine.memory());
    var device = new FuzzedDevice(machine.device(0), card, registers, memory, random, log);
    var driver = new DriverSide(found, memory, settings, device, random, log);
    int hostile = PERCENT_HOSTILE[random.nextInt(PERCENT_HOSTILE.length)];
    for (int step = 0; step < steps && !driver.isOutOfMemory(); step++) {
      log.step(step);
      if (!driver.isUp() || random.nextBoolean()) {
        driver.act();
      } else {
        device.act(random.nextInt(100) < hostile);
      }
      if (step % 16 == 0) {
        memory.check();
      }
    }
    log.note("the device is sound from now on");
    device.checkDriver();
    device.beHonest();
    driver.stop();
    if (!driver.isOutOfMemory()) {
      driver.releaseAll();
      driver.start();
    }
    // What was withdrawn, since a reset was not confirmed, may leave too little for a start.
    if (!driver.isOutOfMemory()) {
      driver.carryFrames();
    }
    memory.check();
    driver.end();
    device.checkDriver();
    if (memory.available() + memory.quarantined() != MEMORY) {
      throw new AssertionError(
          "memory is missing: %d of %d bytes are free, %d withdrawn"
              .formatted(memory.available(), MEMORY, memory.quarantined()));
    }
    return new Outcome(steps, device.lies(), driver.faults(), driver.received());
  }
}
