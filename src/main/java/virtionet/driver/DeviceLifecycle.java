package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.StashBuffer;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.KeptState;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.virtio.Health;
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

  /** What came before it was known whether the device can be started at all. */
  private final StashBuffer<Command> stash;

  private final MacAddress ownMac;
  private final DriverSettings settings;
  private final Backoff backoff;
  private final KeptState kept = new KeptState();

  /** What was set by control commands and is to hold, also for the device after a reset. */
  private final ControlRecord controlRecord = new ControlRecord();

  /** The clients whose last frame the upstream state has not yet taken. */
  private final Set<Client> unsent = ConcurrentHashMap.newKeySet();

  private final List<ActorRef<Device.RestartResult>> restarters = new ArrayList<>();
  private final String name;
  private DevicePlace place;
  private @Nullable DeviceFront front;
  private @Nullable NetDevice net;
  private @Nullable DeviceLife life;
  private int lives;

  private Phase phase = Phase.PAUSING;
  private Fault fault = new Fault(Fault.Kind.RESTART, "it is being started");
  private long downSince;
  private int starts;

  /** Frames that it had sent before its present life. */
  private long sentBefore;

  private long aborted;

  /** Whether clients were told that it recovers. */
  private boolean told;

  /** Whether what was known of the clients is lost: they are to be told so, whatever else comes. */
  private boolean frontLost;

  /** Whether it is to be started once the actors of before have ended. */
  private boolean startWanted;

  /** The machine is to be let go of when those who use the queues have stopped. */
  private Device.@Nullable Detach detach;

  /** What follows when those who use the queues have stopped. */
  private Supplier<Behavior<Command>> afterQuiescing = this::tryStart;

  static Behavior<Command> create(DevicePlace place, MacAddress ownMac, DriverSettings settings) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    Behaviors.withStash(
                        MOST_STASHED,
                        stash ->
                            new DeviceLifecycle(context, timers, stash, place, ownMac, settings)
                                .tryStart())));
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
    backoff = new Backoff(settings.recovery(), ThreadLocalRandom.current()::nextDouble);
  }

  // Starting.

  private Behavior<Command> tryStart() {
    boolean first = front == null;
    starts++;
    try {
      start();
    } catch (RuntimeException e) {
      LOG.debug("{} cannot be brought up", name, e);
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
    return stash.unstashAll(up());
  }

  private void start() {
    NetDevice device =
        NetDevice.bringUp(
            place.registers(),
            place.found(),
            place.machine().memory(),
            settings.net(),
            ownMac,
            kept);
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
    front.started(place, device, life);
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
    told = false;
    sentBefore = kept.counters().get(Counter.TRANSMITTED_FRAMES);
    backoff.started(System.nanoTime());
    timers.startTimerWithFixedDelay(new Device.CheckHealth(), settings.healthInterval());
    DeviceHandle handle = front.handle();
    restarters.forEach(restarter -> restarter.tell(new Device.Restarted(handle)));
    restarters.clear();
  }

  private void recovered(DeviceFront of) {
    var recovered =
        new DeviceEvent.Recovered(starts, Duration.ofNanos(System.nanoTime() - downSince), aborted);
    kept.counters().increment(Counter.RECOVERIES);
    LOG.info(
        "{} is up again after {} start(s) in {} ms; {} frame(s) in flight were aborted",
        name,
        recovered.restarts(),
        recovered.took().toMillis(),
        recovered.abortedFrames());
    of.recovered(recovered);
  }

  // Up.

  private Behavior<Command> up() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnect)
        .onMessage(Device.Describe.class, this::onDescribe)
        .onMessage(ControlRequest.class, this::onControl)
        .onMessage(Device.ConfigurationChanged.class, this::onConfigurationChanged)
        .onMessage(Device.LookAgain.class, again -> look(true))
        .onMessage(Device.CheckHealth.class, check -> look(false))
        .onMessage(Device.Broken.class, this::onBroken)
        .onMessage(Device.Restart.class, this::onRestart)
        .onMessage(Device.Detach.class, this::onDetach)
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(ChildFailed.class, this::onChildFailed)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onConnect(Connect connect) {
    theFront().connect(connect);
    return Behaviors.same();
  }

  private Behavior<Command> onDescribe(Device.Describe describe) {
    describe.replyTo().tell(new Device.Up(theFront().handle()));
    return Behaviors.same();
  }

  private Behavior<Command> onControl(ControlRequest request) {
    theLife().control().tell(request);
    return Behaviors.same();
  }

  private Behavior<Command> onConfigurationChanged(Device.ConfigurationChanged changed) {
    changed.taken().run();
    kept.counters().increment(Counter.CONFIG_CHANGES);
    return look(true);
  }

  /**
   * @param state whether to look at what may change as well, or only whether it works
   */
  private Behavior<Command> look(boolean state) {
    NetDevice device = theLife().device();
    try {
      Health health = device.health();
      return switch (health) {
        case NEEDS_RESET ->
            recover(new Fault(Fault.Kind.NEEDS_RESET, "it met an error and asks to be reset"));
        case STOPPED ->
            recover(new Fault(Fault.Kind.STOPPED, "it was reset, and not by this driver"));
        case FINE -> {
          if (state) {
            theFront().changed(device, device.readState());
          }
          yield Behaviors.same();
        }
      };
    } catch (VirtioException | MachineException e) {
      return recover(Fault.of(e));
    }
  }

  private Behavior<Command> onBroken(Device.Broken broken) {
    return broken.life() == theLife().number() ? recover(broken.fault()) : Behaviors.same();
  }

  private Behavior<Command> onRestart(Device.Restart restart) {
    restarters.add(restart.replyTo());
    backoff.reset();
    fault = new Fault(Fault.Kind.RESTART, "a restart was asked for");
    return quiesce(Kind.RECOVERING, this::startAgain);
  }

  private Behavior<Command> onChildFailed(ChildFailed failure) {
    ActorRef<?> child = failure.getRef();
    String childName = child.path().name();
    LOG.error("{}: its {} actor failed", name, childName, failure.cause());
    var failed =
        new Fault(
            Fault.Kind.ACTOR_FAILED,
            "its %s actor failed: %s".formatted(childName, failure.cause()));
    if (theFront().remove(child)) {
      frontLost = true;
      fault = failed;
      return quiesce(Kind.DEVICE_LOST, this::fail);
    }
    theLife().remove(child);
    return recover(failed);
  }

  // Recovering.

  private Behavior<Command> recover(Fault because) {
    fault = because;
    kept.counters().increment(Counter.FAULTS);
    if (isMachineLost()) {
      return quiesce(Kind.RECOVERING, this::machineless);
    }
    Optional<Duration> pause = nextPause();
    return quiesce(
        pause.isPresent() ? Kind.RECOVERING : Kind.DEVICE_LOST, () -> pauseOrFail(pause));
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

  private boolean isMachineLost() {
    return place.machine().lost().toCompletableFuture().isDone();
  }

  private Behavior<Command> quiesce(Kind kind, Supplier<Behavior<Command>> then) {
    downSince = System.nanoTime();
    starts = 0;
    aborted = 0;
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
    return down();
  }

  private Behavior<Command> down() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnectWhileDown)
        .onMessage(Device.Describe.class, this::onDescribeWhileDown)
        .onMessage(
            ControlRequest.class,
            request -> {
              DeviceFront.refuse(request, fault);
              return Behaviors.same();
            })
        .onMessage(
            Device.Retry.class,
            retry -> phase == Phase.PAUSING ? tryStart() : Behaviors.<Command>same())
        .onMessage(Device.Restart.class, this::onRestartWhileDown)
        .onMessage(Device.Detach.class, this::onDetach)
        .onMessage(
            Device.Attach.class,
            attach -> {
              place = attach.place();
              return phase == Phase.MACHINELESS ? tryStart() : Behaviors.<Command>same();
            })
        .onMessage(
            Device.Abandon.class,
            abandon -> {
              fault = abandon.fault();
              return phase == Phase.MACHINELESS ? fail() : Behaviors.<Command>same();
            })
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(Terminated.class, this::onTerminatedWhileDown)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onConnectWhileDown(Connect connect) {
    if (frontLost || stash.isFull()) {
      return refuse(connect);
    } else if (front != null) {
      front.connect(connect);
    } else {
      stash.stash(connect);
    }
    return Behaviors.same();
  }

  private Behavior<Command> onDescribeWhileDown(Device.Describe describe) {
    if (front != null) {
      describe.replyTo().tell(new Device.Recovering(front.handle(), fault));
    } else if (stash.isFull()) {
      describe.replyTo().tell(new Device.Failed(place.slot(), fault.reason()));
    } else {
      stash.stash(describe);
    }
    return Behaviors.same();
  }

  private Behavior<Command> onRestartWhileDown(Device.Restart restart) {
    restarters.add(restart.replyTo());
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

  private Behavior<Command> onTerminatedWhileDown(Terminated terminated) {
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

  private Behavior<Command> onDetach(Device.Detach wanted) {
    fault = wanted.fault();
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
    kept.end();
    wanted.detached().run();
    return wanted.forGood() || frontLost ? fail() : machineless();
  }

  /** The driver opens it again, or says that there will be none. */
  private Behavior<Command> machineless() {
    tellOfRecovery();
    phase = Phase.MACHINELESS;
    return down();
  }

  // Failed.

  private Behavior<Command> fail() {
    LOG.error("{} is lost: {}", name, fault.reason());
    timers.cancelAll();
    backoff.reset();
    closeUnsent();
    kept.end();
    if (front != null) {
      front.end(fault);
    }
    refuseRestarts(fault.reason());
    return stash.unstashAll(failed());
  }

  private void refuseRestarts(String reason) {
    restarters.forEach(restarter -> restarter.tell(new Device.NotRestarted(reason)));
    restarters.clear();
  }

  private Behavior<Command> failed() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::refuse)
        .onMessage(
            ControlRequest.class,
            request -> {
              request.fail(Kind.DEVICE_LOST, fault.reason());
              return Behaviors.same();
            })
        .onMessage(
            Device.Describe.class,
            describe -> {
              describe.replyTo().tell(new Device.Failed(place.slot(), fault.reason()));
              return Behaviors.same();
            })
        .onMessage(
            Device.Restart.class,
            restart -> {
              restarters.add(restart.replyTo());
              return isMachineLost() ? Behaviors.same() : startAnew();
            })
        .onMessage(
            Device.Attach.class,
            attach -> {
              place = attach.place();
              return startAnew();
            })
        .onMessage(
            Device.Abandon.class,
            abandon -> {
              refuseRestarts(abandon.fault().reason());
              return Behaviors.same();
            })
        .onMessage(
            Device.Detach.class,
            wanted -> {
              wanted.detached().run();
              return Behaviors.same();
            })
        .onAnyMessage(other -> Behaviors.same())
        .onSignal(
            Terminated.class,
            terminated -> {
              if (front != null) {
                front.remove(terminated.getRef());
              }
              return startWanted ? startAnew() : Behaviors.same();
            })
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  /** With clients of its own: those of before were told that the device is lost. */
  private Behavior<Command> startAnew() {
    startWanted = front != null && !front.hasEnded();
    if (startWanted) {
      return Behaviors.same();
    }
    front = null;
    frontLost = false;
    starts = 0;
    return tryStart();
  }

  private Behavior<Command> refuse(Connect connect) {
    connect.replyTo().tell(new Refused("device %s failed: %s".formatted(name, fault.reason())));
    return Behaviors.same();
  }

  // Ending.

  private Behavior<Command> onPostStop() {
    if (front != null) {
      front.stopped();
    }
    closeUnsent();
    endDevice(false);
    kept.end();
    refuseRestarts("the driver of device %s has stopped".formatted(name));
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
    aborted += device.abortedFrames();
  }

  private DeviceFront theFront() {
    return Objects.requireNonNull(front);
  }

  private DeviceLife theLife() {
    return Objects.requireNonNull(life);
  }
}
