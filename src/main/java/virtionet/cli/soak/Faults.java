package virtionet.cli.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import virtionet.VirtioNet;
import virtionet.driver.DeviceEvent;

/** Chooses faults and provokes them. One thread. */
final class Faults {
  private static final int TRIES = 50;
  private static final Duration SEEN = Duration.ofMillis(100);
  private static final Duration SEEN_FOR_SURE = Duration.ofSeconds(15);
  private static final int FLAPS = 50;
  private static final long FLAP_MILLIS = 10;
  private static final int SHORTEST_STOP_MILLIS = 500;
  private static final int LONGEST_STOP_MILLIS = 4_000;

  private final Machines machines;
  private final VirtioNet net;
  private final String device;
  private final Outages outages;
  private final Random random;

  /** All kinds in turn, then by chance. */
  private final List<FaultKind> first;

  private final List<FaultKind> weighted = new ArrayList<>();

  Faults(
      Machines machines,
      VirtioNet net,
      String device,
      Outages outages,
      List<FaultKind> kinds,
      Random random) {
    this.machines = machines;
    this.net = net;
    this.device = device;
    this.outages = outages;
    this.random = random;
    first = new ArrayList<>(kinds);
    Collections.shuffle(first, random);
    kinds.forEach(kind -> weighted.addAll(Collections.nCopies(kind.weight(), kind)));
  }

  FaultKind next() {
    return first.isEmpty() ? weighted.get(random.nextInt(weighted.size())) : first.removeFirst();
  }

  /**
   * Breaks the machine.
   *
   * @return since when it could be well again, as of {@link System#nanoTime()}, and when the driver
   *     noticed; empty: it did not
   */
  Provoked provoke(FaultKind kind) throws InterruptedException {
    BreakableMachine machine = machines.present();
    long start = System.nanoTime();
    switch (kind) {
      case NEEDS_RESET -> {
        return loopDescriptors(machine);
      }
      case RING_VIOLATION -> {
        machine.lieAboutUsedIndex(true);
        Optional<Long> noticed = outages.await(DeviceEvent.Recovering.class, SEEN_FOR_SURE);
        machine.lieAboutUsedIndex(false);
        return new Provoked(start, noticed);
      }
      case SYSTEM_RESET -> machine.reset();
      case KILL -> machine.kill();
      case RESTART -> net.restart(device);
      case ACTOR -> machine.failAtDoorbell();
      case LINK -> {
        for (int flap = 1; flap <= FLAPS; flap++) {
          machine.link(flap % 2 == 0);
          TimeUnit.MILLISECONDS.sleep(FLAP_MILLIS);
        }
        return new Provoked(System.nanoTime(), Optional.empty());
      }
      case STOP -> {
        machine.freeze();
        try {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(SHORTEST_STOP_MILLIS, LONGEST_STOP_MILLIS));
        } finally {
          machine.thaw();
        }
        return new Provoked(System.nanoTime(), Optional.empty());
      }
    }
    return new Provoked(start, outages.await(DeviceEvent.Recovering.class, SEEN_FOR_SURE));
  }

  /**
   * A fault at work.
   *
   * @param at since when it could be well again
   * @param noticed when the driver saw it
   */
  record Provoked(long at, Optional<Long> noticed) {}

  /** The driver, which writes there too, may mend it unawares: then once more. */
  private Provoked loopDescriptors(BreakableMachine machine) throws InterruptedException {
    long start = System.nanoTime();
    Optional<Long> noticed = Optional.empty();
    for (int tried = 0; tried < TRIES && noticed.isEmpty(); tried++) {
      start = System.nanoTime();
      machine.loopDescriptors();
      noticed = outages.await(DeviceEvent.Recovering.class, SEEN);
    }
    return new Provoked(start, noticed);
  }
}
