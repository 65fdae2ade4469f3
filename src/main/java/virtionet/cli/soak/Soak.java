package virtionet.cli.soak;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import virtionet.MachineSetup;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceHandle;
import virtionet.machine.MachineException;
import virtionet.net.Counter;

/**
 * Lets frames go round through a machine of QEMU, breaks it again and again, and keeps the books:
 * what became of each frame, how long each recovery took, whether device memory and the process
 * stay as they are. {@link #run} is for one thread, {@link #stop} for any.
 */
public final class Soak {
  private static final Duration UP_AGAIN = Duration.ofSeconds(30);
  private static final long THROUGH_MILLIS = 20_000;
  private static final long STILL_MILLIS = 20_000;
  private static final long SAY_EVERY = TimeUnit.SECONDS.toNanos(10);
  private static final long SHORTEST_BETWEEN_SAMPLES = TimeUnit.SECONDS.toNanos(3);
  private static final int SAMPLES = 60;
  private static final long NAP_MILLIS = 20;

  /** Until then classes are loaded and compiled, and the process grows of that. */
  private static final double WARM_UP = 0.2;

  private final SoakPlan plan;
  private final Consumer<String> say;
  private final Consumer<ActorSystem<?>> watch;
  private final Map<FaultKind, KindTally> tallies = new EnumMap<>(FaultKind.class);
  private final List<String> complaints = new ArrayList<>();
  private final List<Footprint> footprints = new ArrayList<>();
  private final Ledger ledger = new Ledger();
  private final Outages outages = new Outages();
  private volatile boolean stopped;
  private Still last = Still.START;
  private long begun;
  private long lastSaid;
  private long lastSample;
  private long memory;
  private long wrong;
  private int buffersLost;

  /** The books at a moment at which nothing moves. */
  private record Still(Ledger.Books books, long aborted, long recoveries) {
    static final Still START = new Still(new Ledger.Books(0, 0, 0, 0, 0, 0), 0, 0);
  }

  /**
   * @param say gets a line now and then
   * @param watch gets the actor system before the driver is started in it
   */
  public Soak(SoakPlan plan, Consumer<String> say, Consumer<ActorSystem<?>> watch) {
    this.plan = plan;
    this.say = say;
    this.watch = watch;
    plan.kinds().forEach(kind -> tallies.put(kind, new KindTally()));
  }

  /** Has {@link #run} end after the fault at hand. */
  public void stop() {
    stopped = true;
  }

  /**
   * Soaks.
   *
   * @throws java.util.concurrent.CompletionException with the cause, when there is no QEMU that
   *     serves
   */
  public SoakReport run() throws InterruptedException, IOException {
    var frames = new SoakFrames(plan.seed());
    try (var far = StreamWire.open(frame -> answer(frames, frame))) {
      var machines = new Machines(plan.qemu().withNetdevs(far.netdev()));
      ActorSystem<Void> system =
          ActorSystem.create(
              Behaviors.empty(),
              "soak",
              ActorSystemSetup.create(
                  BootstrapSetup.create(config()), new MachineSetup(machines::open)));
      Map<Counter, Long> counters;
      try {
        counters = soak(system, machines, frames);
      } finally {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
      }
      long left = machines.heldOfFormer() + machines.present().memoryInUse();
      if (left != 0) {
        complain("%,d bytes of device memory were not given back at the end".formatted(left));
      }
      return new SoakReport(
          Duration.ofNanos(System.nanoTime() - begun),
          tallies,
          ledger.books(),
          counters,
          buffersLost,
          left,
          new Flatness(footprints),
          complaints);
    }
  }

  private Config config() {
    Map<String, Object> settings =
        Map.of(
            "akka.loglevel", "OFF",
            "akka.stdout-loglevel", "OFF",
            // Whoever interrupts the soak wants to see what it has found.
            "akka.coordinated-shutdown.run-by-jvm-shutdown-hook", false,
            "akka.stream.materializer.dispatcher", "virtionet.event-loop",
            // A reset behind the driver's back shows in no other way.
            "virtionet.health-interval", "50 ms",
            // So that a stop of QEMU is a stall now and then.
            "virtionet.transmit-timeout", "2 s",
            // Each fault is one of its own, and none a consequence of the one before.
            "virtionet.recovery.reset-backoff-after", plan.pause().dividedBy(4));
    return ConfigFactory.parseMap(settings).withFallback(ConfigFactory.load());
  }

  private byte[] answer(SoakFrames frames, byte[] frame) {
    return ledger.arrived(frames.number(frame)) ? SoakFrames.turned(frame) : new byte[0];
  }

  private Map<Counter, Long> soak(ActorSystem<Void> system, Machines machines, SoakFrames frames)
      throws InterruptedException {
    watch.accept(system);
    VirtioNet net = VirtioNet.get(system);
    DeviceHandle device = device(net);
    say.accept(machines.present().description() + ", " + device.info().name());
    device.events().subscribe(outages);
    var random = new Random(plan.seed());
    var faults = new Faults(machines, net, device.info().name(), outages, plan.kinds(), random);
    try (var traffic = Traffic.start(system, net.flow(device.info().name()), ledger, frames)) {
      begun = System.nanoTime();
      lastSaid = begun;
      while (!isOver() && !traffic.isOver()) {
        pause(random, traffic);
        if (!isOver()) {
          survive(faults.next(), faults, machines, traffic);
          checkBuffers(device);
          traffic.goOn();
        }
      }
      if (traffic.isOver() || outages.isOver()) {
        complain("the device was given up, and its stream with it");
      }
      settle(machines, traffic);
      checkBuffers(device);
      return device.counters();
    }
  }

  private static DeviceHandle device(VirtioNet net) {
    net.scan().toCompletableFuture().join();
    for (Device.Description found : net.devices().toCompletableFuture().join()) {
      return switch (found) {
        case Device.Up up -> up.device();
        case Device.Recovering down -> down.device();
        case Device.Failed failed -> throw new MachineException(failed.reason());
      };
    }
    throw new MachineException("QEMU has no network card");
  }

  private boolean isOver() {
    return stopped || outages.isOver() || System.nanoTime() - begun >= plan.length().toNanos();
  }

  private void pause(Random random, Traffic traffic) throws InterruptedException {
    long nanos = (long) (plan.pause().toNanos() * (0.5 + random.nextDouble()));
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end && !isOver() && !traffic.isOver()) {
      TimeUnit.MILLISECONDS.sleep(NAP_MILLIS);
    }
  }

  private void complain(String complaint) {
    complaints.add(complaint);
    say.accept("  " + complaint);
  }

  private KindTally tally(FaultKind kind) {
    return Objects.requireNonNull(tallies.get(kind));
  }

  // One fault.

  private void survive(FaultKind kind, Faults faults, Machines machines, Traffic traffic)
      throws InterruptedException {
    KindTally tally = tally(kind);
    tally.provoked++;
    outages.forget();
    Optional<String> complaint;
    try {
      complaint = comesBack(kind, faults.provoke(kind), tally);
    } catch (MachineException e) {
      complaint = Optional.of(String.valueOf(e.getMessage()));
    }
    complaint.ifPresentOrElse(why -> complain(kind + ": " + why), () -> tally.survived++);
    Still before = last;
    settle(machines, traffic);
    long aborted = last.aborted() - before.aborted();
    long lostOut = lostOut(last) - lostOut(before);
    tally.recoveries += Math.toIntExact(last.recoveries() - before.recoveries());
    tally.aborted += aborted;
    tally.lostOut += lostOut;
    tally.lostBack += lostBack(last) - lostBack(before);
    if (lostOut - aborted > kind.mayLoseUnsaid()) {
      complain(
          "%s: %d frames did not arrive, and only %d were reported aborted"
              .formatted(kind, lostOut, aborted));
    }
    sayNow(traffic);
  }

  private static long lostOut(Still still) {
    return still.books().given() - still.books().arrived();
  }

  private static long lostBack(Still still) {
    return still.books().arrived() - still.books().returned();
  }

  /** Waits until frames go through again; what went wrong, if anything did. */
  private Optional<String> comesBack(FaultKind kind, Faults.Provoked provoked, KindTally tally)
      throws InterruptedException {
    provoked.noticed().ifPresent(at -> KindTally.record(tally.noticed, at - provoked.at()));
    boolean reset = kind.outcome() == FaultKind.Outcome.RESET;
    if (reset && provoked.noticed().isEmpty()) {
      return Optional.of("the driver did not notice");
    }
    if (reset) {
      Optional<Long> up = outages.await(DeviceEvent.Recovered.class, UP_AGAIN);
      if (up.isEmpty()) {
        return Optional.of("not up again within %d s".formatted(UP_AGAIN.toSeconds()));
      }
      KindTally.record(tally.up, up.get() - provoked.at());
    }
    long through = ledger.awaitNext(THROUGH_MILLIS);
    if (through == 0) {
      return Optional.of("no frame went through within %d ms".formatted(THROUGH_MILLIS));
    }
    KindTally.record(tally.through, through - provoked.at());
    return Optional.empty();
  }

  // The books.

  private void settle(Machines machines, Traffic traffic) throws InterruptedException {
    if (!traffic.hold(STILL_MILLIS)) {
      complain(
          "of %,d frames the driver does not say what became of them"
              .formatted(ledger.books().given() - traffic.told()));
    }
    Ledger.Books books = ledger.books();
    last =
        new Still(
            books, traffic.count(Counter.TRANSMIT_ABORTED), traffic.count(Counter.RECOVERIES));
    if (traffic.told() > books.given()) {
      complain("%,d frames were reported more than once".formatted(traffic.told() - books.given()));
    }
    if (books.wrong() > wrong) {
      complain(
          "%,d frames were changed, of nobody, or came twice".formatted(books.wrong() - wrong));
      wrong = books.wrong();
    }
    checkMemory(machines);
    sample();
  }

  /** While nothing moves: nobody holds a frame. */
  private void checkBuffers(DeviceHandle device) {
    int lent = device.lentBuffers();
    if (lent > buffersLost) {
      complain("%,d buffers are held by nobody, and not free".formatted(lent - buffersLost));
    }
    buffersLost = Math.max(lent, buffersLost);
    if (!device.isConserved()) {
      complain("the buffers free, with the device, and lent are not all that there are");
    }
  }

  private void checkMemory(Machines machines) {
    long now = machines.present().memoryInUse();
    if (memory == 0) {
      memory = now;
    }
    long former = machines.heldOfFormer();
    if (now != memory || former != 0) {
      complain(
          "device memory in use: %,d bytes, and %,d of machines that are gone; it was %,d"
              .formatted(now, former, memory));
    }
  }

  private void sample() {
    long now = System.nanoTime();
    long length = plan.length().toNanos();
    if (now - begun < WARM_UP * length
        || now - lastSample < Math.max(SHORTEST_BETWEEN_SAMPLES, length / SAMPLES)) {
      return;
    }
    lastSample = now;
    footprints.add(Footprint.take());
  }

  private void sayNow(Traffic traffic) {
    long now = System.nanoTime();
    if (now - lastSaid < SAY_EVERY) {
      return;
    }
    lastSaid = now;
    KindTally all = new KindTally();
    tallies.values().forEach(all::add);
    long seconds = TimeUnit.NANOSECONDS.toSeconds(now - begun);
    say.accept(
        "  %2d:%02d  %,d frames, %,d faults, %,d recoveries, median %.1f ms"
            .formatted(
                seconds / 60,
                seconds % 60,
                ledger.books().given(),
                all.provoked,
                traffic.count(Counter.RECOVERIES),
                all.up.getValueAtPercentile(50) / 1e3));
  }
}
