package virtionet.driver;

import akka.actor.typed.Behavior;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.StashBuffer;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Connect.Refused;
import virtionet.driver.ControlException.Kind;
import virtionet.driver.Device.Command;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Tracing;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.KeptState;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.virtio.Probe;
import virtionet.virtio.VirtioException;

/**
 * The states of a network device: starting → up ⇄ recovering → failed. Whatever makes a device
 * unusable ends in the same way: those who use its queues stop, the device is reset, and is started
 * again, while its clients' streams stay. After too many starts in a row it counts as failed, its
 * clients are told, and only a {@link Device.Restart} or another machine brings it back.
 */
final class DeviceLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Device.class);
  private static final int MOST_STASHED = 10_000;
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  /** What goes on, but for a device that failed. */
  private enum Phase {
    /** It is up. */
    UP,
    /** Those who use the queues are stopping. */
    QUIESCING,
    /** A pause goes by before the next start. */
    PAUSING,
    /** There is no machine for now. */
    MACHINELESS
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;

  private final StashBuffer<Command> stash;

  private final MacAddress ownMac;
  private final DriverSettings settings;
  private final Backoff backoff;
  private final KeptState kept;

  /** What was set by control commands and is to hold, also for the device after a reset. */
  private final ControlRecord controlRecord = new ControlRecord();

  /** The clients whose last frame the upstream state has not yet taken. */
  private final Set<Client> unsent = ConcurrentHashMap.newKeySet();

  private final Restarters restarters = new Restarters();
  private final String name;
  private final LifecycleTrace trace;
  private DevicePlace place;
  private @Nullable DeviceFront front;
  private @Nullable NetDevice net;
  private @Nullable DeviceLife life;
  private int lives;

  private Phase phase = Phase.PAUSING;
  private Fault fault = new Fault(Fault.Kind.RESTART, "it is being started");
  private Outage outage = new Outage();

  /** Frames that it had sent before its present life. */
  private long sentBefore;

  /** Whether clients were told that it recovers. */
  private boolean told;

  /** Whether what was known of the clients is lost: they are to be told so, whatever else comes. */
  private boolean frontLost;

  /** The machine is to be let go of when those who use the queues have stopped. */
  private Device.@Nullable Detach detach;

  /** What follows when those who use the queues have stopped. */
  private Supplier<Behavior<Command>> afterQuiescing = this::tryStart;

  static Behavior<Command> create(DevicePlace place, MacAddress ownMac, DriverSettings settings) {
    return TracedActor.around(
        Command.class,
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers ->
                        Behaviors.withStash(
                            MOST_STASHED,
                            stash ->
                                new DeviceLifecycle(context, timers, stash, place, ownMac, settings)
                                    .tryStart()))));
  }

  private DeviceLifecycle(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      StashBuffer<Command> stash,
      DevicePlace place,
      MacAddress ownMac,
      DriverSettings settings) {
    this.context = context;
    this.timers = timers;
    this.stash = stash;
    this.place = place;
    this.ownMac = ownMac;
    this.settings = settings;
    name = place.slot().name();
    trace = new LifecycleTrace(name, Tracing.of(context.getSystem()));
    kept = new KeptState(settings.leakDetection());
    backoff = new Backoff(settings.recovery(), ThreadLocalRandom.current()::nextDouble);
  }

  // Starting.

  private Behavior<Command> tryStart() {
    boolean first = front == null;
    trace.starting(outage.tryStart(), first ? "" : fault.reason());
    try {
      start();
    } catch (RuntimeException e) {
      LOG.debug("{} cannot be brought up", name, e);
      trace.startFailed(e);
      fault = Fault.of(e);
      if (life != null) {
        return recover(fault);
      }
      endDevice(true);
      if (first && fault.kind() != Fault.Kind.NEEDS_RESET) {
        LOG.error("{} cannot be brought up: {}", name, fault.reason());
        return fail();
      }
      LOG.warn("{} cannot be brought up: {}", name, fault.reason());
      return isMachineLost() ? machineless() : pauseOrFail(nextPause());
    }
    return stash.unstashAll(
        new DeviceUp(this, theFront(), theLife(), new ReceiveWatch(settings.quietAfter()))
            .behavior());
  }

  private void start() {
    if (fault.kind() == Fault.Kind.GONE) {
      // Before anything is written: nobody may be there, or somebody else.
      Probe.requirePresent(place.access());
    }
    NetDevice device =
        NetDevice.bringUp(
            place.access(),
            place.found(),
            place.machine().memory(),
            settings.net(),
            ownMac,
            kept,
            trace.steps());
    net = device;
    // Before there are actors: a slot may have none.
    InterruptLine line = place.machine().interruptLine(place.slot());
    boolean first = front == null;
    if (front == null) {
      front = new DeviceFront(context, place, device, controlRecord, unsent, settings);
    }
    life =
        new DeviceLife(
            context, ++lives, device, line, controlRecord, front.events(), unsent, settings);
    front.started(place, device, life, trace.start());
    if (first) {
      LOG.info(
          "{} is up: MAC {}, MTU {}, link {}",
          name,
          device.mac(),
          device.mtu(),
          device.initialLink());
    } else {
      recovered(front);
    }
    phase = Phase.UP;
    trace.up(device, outage.over());
    told = false;
    sentBefore = kept.counters().get(Counter.TRANSMITTED_FRAMES);
    backoff.started(System.nanoTime());
    timers.startTimerWithFixedDelay(new Device.CheckHealth(), settings.healthInterval());
    restarters.succeed(front.handle());
  }

  private void recovered(DeviceFront of) {
    DeviceEvent.Recovered recovered = outage.over();
    kept.counters().increment(Counter.RECOVERIES);
    LOG.info(
        "{} is up again after {} start(s) in {} ms; {} frame(s) in flight were aborted",
        name,
        recovered.restarts(),
        recovered.took().toMillis(),
        recovered.abortedFrames());
    of.recovered(recovered);
  }

  // Recovering.

  /** The device cannot go on: its life ends, and another follows if there may be one. */
  Behavior<Command> recover(Fault because) {
    fault = because;
    kept.counters().increment(Counter.FAULTS);
    if (isMachineLost()) {
      return quiesce(Kind.RECOVERING, this::machineless);
    }
    Optional<Duration> pause = nextPause();
    return quiesce(
        pause.isPresent() ? Kind.RECOVERING : Kind.DEVICE_LOST, () -> pauseOrFail(pause));
  }

  /** The same because somebody asks for it. */
  Behavior<Command> restart(Device.Restart restart) {
    add(restart);
    backoff.reset();
    fault = new Fault(Fault.Kind.RESTART, "a restart was asked for");
    return quiesce(Kind.RECOVERING, this::startAgain);
  }

  /** An actor of the front has failed. */
  Behavior<Command> loseFront(Fault because) {
    frontLost = true;
    fault = because;
    return quiesce(Kind.DEVICE_LOST, this::fail);
  }

  /** A device that does nothing shows it only after a while, during which it seems to be well. */
  private Optional<Duration> nextPause() {
    Duration seems =
        switch (fault.kind()) {
          case TRANSMIT_STALL ->
              kept.counters().get(Counter.TRANSMITTED_FRAMES) == sentBefore
                  ? FOREVER
                  : settings.transmitTimeout().multipliedBy(2);
          case CONTROL_TIMEOUT -> settings.controlTimeout().multipliedBy(2);
          default -> Duration.ZERO;
        };
    return backoff.next(System.nanoTime(), seems);
  }

  boolean isMachineLost() {
    return place.machine().lost().toCompletableFuture().isDone();
  }

  private Behavior<Command> quiesce(Kind kind, Supplier<Behavior<Command>> then) {
    outage = new Outage();
    trace.down(fault);
    trace.enter("quiescing", fault.reason());
    timers.cancelAll();
    if (kind == Kind.RECOVERING) {
      LOG.warn("{} is reset: {}", name, fault.reason());
      tellOfRecovery();
    }
    theLife().stop(new Control.End(kind, fault.reason()));
    afterQuiescing = then;
    phase = Phase.QUIESCING;
    return quiesced();
  }

  /** Goes on when nobody uses the queues any more. */
  private Behavior<Command> quiesced() {
    if (!theLife().hasEnded()) {
      return down();
    }
    life = null;
    endDevice(fault.kind() != Fault.Kind.RESTART && fault.kind() != Fault.Kind.STOPPED);
    Device.Detach wanted = detach;
    detach = null;
    if (wanted != null) {
      return detached(wanted);
    }
    return frontLost ? fail() : afterQuiescing.get();
  }

  private void tellOfRecovery() {
    if (!told && front != null) {
      told = true;
      front.recovering(fault);
    }
  }

  private Behavior<Command> startAgain() {
    tellOfRecovery();
    return tryStart();
  }

  private Behavior<Command> pauseOrFail(Optional<Duration> pause) {
    if (pause.isEmpty()) {
      return fail();
    }
    trace.down(fault);
    if (pause.get().isZero()) {
      return startAgain();
    }
    LOG.info(
        "{}: start {} of {} in {} ms",
        name,
        backoff.restarts(),
        settings.recovery().maxRestarts(),
        pause.get().toMillis());
    timers.startSingleTimer(new Device.Retry(), pause.get());
    phase = Phase.PAUSING;
    trace.enter("pausing", fault.reason());
    return down();
  }

  private Behavior<Command> down() {
    return new DeviceDown(this, stash).behavior();
  }

  /** The pause is over. */
  Behavior<Command> retry() {
    return phase == Phase.PAUSING ? tryStart() : Behaviors.same();
  }

  Behavior<Command> restartWhileDown(Device.Restart restart) {
    add(restart);
    backoff.reset();
    if (phase == Phase.QUIESCING) {
      afterQuiescing = this::startAgain;
    }
    if (phase != Phase.PAUSING) {
      return Behaviors.same();
    }
    timers.cancelAll();
    return tryStart();
  }

  Behavior<Command> terminatedWhileDown(Terminated terminated) {
    if (front != null && front.remove(terminated.getRef())) {
      frontLost = true;
      return phase == Phase.QUIESCING ? Behaviors.same() : fail();
    }
    if (life != null) {
      life.remove(terminated.getRef());
    }
    return phase == Phase.QUIESCING ? quiesced() : Behaviors.same();
  }

  // Without a machine.

  Behavior<Command> detach(Device.Detach wanted) {
    fault = wanted.fault();
    trace.isFor(wanted.work());
    return switch (phase) {
      case UP -> {
        detach = wanted;
        kept.counters().increment(Counter.FAULTS);
        yield quiesce(wanted.forGood() ? Kind.DEVICE_LOST : Kind.RECOVERING, this::machineless);
      }
      case QUIESCING -> {
        detach = wanted;
        yield Behaviors.same();
      }
      case PAUSING, MACHINELESS -> detached(wanted);
    };
  }

  private Behavior<Command> detached(Device.Detach wanted) {
    timers.cancelAll();
    kept.retire();
    wanted.detached().run();
    if (wanted.forGood() || frontLost) {
      return fail();
    }
    // Who took too long to let go may have been given its place on another already.
    return isMachineLost() ? machineless() : startAgain();
  }

  Behavior<Command> attach(Device.Attach attach) {
    moveTo(attach.place());
    return phase == Phase.MACHINELESS ? tryStart() : Behaviors.same();
  }

  Behavior<Command> abandon(Device.Abandon abandon) {
    fault = abandon.fault();
    if (phase == Phase.MACHINELESS) {
      return fail();
    }
    Device.Detach late = detach;
    if (late != null) {
      detach = new Device.Detach(fault, true, late.detached(), late.work());
    }
    return Behaviors.same();
  }

  /** From now on it stands there. */
  void moveTo(DevicePlace newPlace) {
    place = newPlace;
  }

  /** The driver opens it again, or says that there will be none. */
  private Behavior<Command> machineless() {
    tellOfRecovery();
    phase = Phase.MACHINELESS;
    trace.down(fault);
    trace.enter("machineless", fault.reason());
    return down();
  }

  // Failed.

  private Behavior<Command> fail() {
    LOG.error("{} is lost: {}", name, fault.reason());
    trace.failed(fault.reason());
    timers.cancelAll();
    backoff.reset();
    closeUnsent();
    kept.end();
    if (front != null) {
      front.end(fault);
    }
    restarters.fail(fault.reason());
    return stash.unstashAll(new DeviceFailed(this).behavior());
  }

  /** With clients of its own: those of before were told that the device is lost. */
  Behavior<Command> startAnew() {
    front = null;
    frontLost = false;
    outage = new Outage();
    trace.down(fault);
    return tryStart();
  }

  Behavior<Command> refuse(Connect connect) {
    connect.replyTo().tell(new Refused("device %s failed: %s".formatted(name, fault.reason())));
    return Behaviors.same();
  }

  Behavior<Command> describeAsFailed(Device.Describe describe) {
    describe.replyTo().tell(new Device.Failed(place.slot(), fault.reason()));
    return Behaviors.same();
  }

  // Ending.

  /** The actor has stopped, and its children before it. */
  Behavior<Command> stopped() {
    trace.stopped();
    if (front != null) {
      front.stopped();
    }
    closeUnsent();
    endDevice(false);
    kept.end();
    restarters.fail("the driver of device %s has stopped".formatted(name));
    return Behaviors.same();
  }

  /** Nobody takes frames any more: those that wait are released. */
  private void closeUnsent() {
    unsent.removeIf(
        client -> {
          client.transmit().close();
          return true;
        });
  }

  /**
   * Only when its actors have stopped: nobody uses the queues any more.
   *
   * @param blamed whether the device is told before the reset that it did wrong
   */
  private void endDevice(boolean blamed) {
    NetDevice device = net;
    if (device == null) {
      return;
    }
    net = null;
    if (blamed) {
      device.fail();
    }
    try {
      device.end();
      LOG.debug("{} was reset", name);
    } catch (VirtioException | MachineException e) {
      LOG.warn("{}: its memory is withdrawn: {}", name, e.getMessage());
    }
    outage.aborted(device.abortedFrames());
  }

  /** Why the device is down. */
  Fault fault() {
    return fault;
  }

  Restarters restarters() {
    return restarters;
  }

  /** Somebody waits for the device to be up, or given up. */
  void add(Device.Restart restart) {
    restarters.add(restart);
    trace.isFor(restart.work());
  }

  /** What clients see of it; empty before the first start that succeeded. */
  Optional<DeviceFront> front() {
    return Optional.ofNullable(front);
  }

  boolean isFrontLost() {
    return frontLost;
  }

  private DeviceFront theFront() {
    return Objects.requireNonNull(front);
  }

  private DeviceLife theLife() {
    return Objects.requireNonNull(life);
  }
}
