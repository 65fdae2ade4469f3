package virtionet.driver;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.VirtioNetDriver.Command;
import virtionet.driver.VirtioNetDriver.DescribeDevices;
import virtionet.driver.VirtioNetDriver.Detached;
import virtionet.driver.VirtioNetDriver.Devices;
import virtionet.driver.VirtioNetDriver.LetGo;
import virtionet.driver.VirtioNetDriver.MachineLost;
import virtionet.driver.VirtioNetDriver.Reopen;
import virtionet.driver.VirtioNetDriver.Restart;
import virtionet.driver.VirtioNetDriver.Scan;
import virtionet.driver.VirtioNetDriver.Scanned;
import virtionet.driver.VirtioNetDriver.Stop;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.machine.Machine;
import virtionet.machine.Slot;

/**
 * The driver once it has had a machine. When that is lost, the devices let go of it, it is closed,
 * and opened again: after a pause, and so often as {@link RecoverySettings} say.
 */
final class DriverOnMachine {
  private static final Logger LOG = LoggerFactory.getLogger(VirtioNetDriver.class);

  /**
   * So many times what a device may take for its reset and for a command: far more than it needs.
   */
  private static final int GENEROUS = 5;

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Supplier<Machine> opener;
  private final DriverSettings settings;
  private final DriverDevices devices;
  private final Backoff backoff;
  private Optional<Machine> machine = Optional.empty();

  /** Devices that have not let go of a lost machine. */
  private final Set<String> detaching = new HashSet<>();

  /** How long to wait before it is opened again; empty when it is not. */
  private Optional<Duration> pause = Optional.empty();

  /** From the loss of the machine until there is another. */
  private Work recovery = Work.NONE;

  DriverOnMachine(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Supplier<Machine> opener,
      DriverSettings settings,
      DriverDevices devices) {
    this.context = context;
    this.timers = timers;
    this.opener = opener;
    this.settings = settings;
    this.devices = devices;
    backoff = new Backoff(settings.recovery(), ThreadLocalRandom.current()::nextDouble);
  }

  /**
   * Opens the machine for the first time.
   *
   * @throws RuntimeException when it cannot be opened
   */
  Behavior<Command> open() {
    openMachine();
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnect)
        .onMessage(Scan.class, this::onScan)
        .onMessage(DescribeDevices.class, this::onDescribe)
        .onMessage(Restart.class, this::onRestart)
        .onMessage(MachineLost.class, this::onMachineLost)
        .onMessage(Detached.class, this::onDetached)
        .onMessage(LetGo.class, this::onLetGo)
        .onMessage(Reopen.class, reopen -> onReopen())
        .onMessage(Stop.class, VirtioNetDriver::onStop)
        .onSignal(Terminated.class, this::onDeviceTerminated)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private void openMachine() {
    Machine opened = opener.get();
    List<Slot> slots;
    try {
      slots = opened.slots(settings.compatible());
    } catch (RuntimeException e) {
      // No device was started on it yet.
      opened.close();
      throw e;
    }
    machine = Optional.of(opened);
    devices.scan(opened, slots);
    backoff.started(System.nanoTime());
    recovery.end();
    opened.lost().thenAccept(reason -> context.getSelf().tell(new MachineLost(opened, reason)));
  }

  private Behavior<Command> onConnect(Connect connect) {
    devices.tell(connect.device(), connect, reason -> VirtioNetDriver.refuse(connect, reason));
    return Behaviors.same();
  }

  private Behavior<Command> onScan(Scan scan) {
    scan.replyTo().tell(new Scanned(devices.report()));
    return Behaviors.same();
  }

  private Behavior<Command> onDescribe(DescribeDevices describe) {
    if (devices.actors().isEmpty()) {
      String problem = devices.isEmpty() ? devices.report().whyNoDevice() : "";
      describe.replyTo().tell(new Devices(List.copyOf(devices.ended().values()), problem));
    } else {
      context.spawnAnonymous(
          DeviceSurvey.create(
              devices.actors(), devices.report(), devices.ended().values(), describe.replyTo()));
    }
    return Behaviors.same();
  }

  private Behavior<Command> onRestart(Restart restart) {
    devices.tell(
        restart.device(),
        new Device.Restart(restart.replyTo(), restart.work()),
        reason -> restart.replyTo().tell(new Device.NotRestarted(reason)));
    if (machine.isEmpty() && detaching.isEmpty()) {
      timers.cancel(Reopen.class);
      backoff.reset();
      reopen();
    }
    return Behaviors.same();
  }

  // Losing the machine, and having it again.

  private Behavior<Command> onMachineLost(MachineLost lost) {
    if (!isOpen(lost.machine())) {
      return Behaviors.same();
    }
    LOG.error("{} is lost: {}", lost.machine().description(), lost.reason());
    pause = backoff.next(System.nanoTime(), Duration.ZERO);
    var fault = new Fault(Fault.Kind.MACHINE, lost.reason());
    recovery =
        Tracing.of(context.getSystem())
            .here()
            .begin("machine recovery")
            .with("virtionet.machine", lost.machine().description())
            .with("virtionet.fault.reason", fault.reason());
    detaching.addAll(devices.actors().keySet());
    for (String name : devices.actors().keySet()) {
      Runnable detached = () -> context.getSelf().tell(new Detached(lost.machine(), name));
      devices.tell(name, new Device.Detach(fault, pause.isEmpty(), detached, recovery));
    }
    if (detaching.isEmpty()) {
      return letGo();
    }
    Duration patience =
        settings.net().resetTimeout().plus(settings.controlTimeout()).multipliedBy(GENEROUS);
    timers.startSingleTimer(LetGo.class, new LetGo(lost.machine(), patience), patience);
    return Behaviors.same();
  }

  private Behavior<Command> onDetached(Detached detached) {
    return isOpen(detached.machine()) ? forget(detached.device()) : Behaviors.same();
  }

  private Behavior<Command> forget(String device) {
    return detaching.remove(device) && detaching.isEmpty() ? letGo() : Behaviors.same();
  }

  /**
   * A device that hangs must not keep the others from another machine. The lost one can be closed
   * under it: late accesses throw, and memory is unmapped only when nobody has it.
   */
  private Behavior<Command> onLetGo(LetGo late) {
    if (!isOpen(late.machine())) {
      return Behaviors.same();
    }
    LOG.error(
        "{} did not let go of the lost machine within {} ms: it is closed all the same",
        detaching,
        late.after().toMillis());
    detaching.clear();
    return letGo();
  }

  private boolean isOpen(Machine which) {
    return machine.filter(which::equals).isPresent();
  }

  private Behavior<Command> letGo() {
    timers.cancel(LetGo.class);
    closeMachine();
    return pauseOrGiveUp(new Fault(Fault.Kind.MACHINE, "the machine is lost"));
  }

  private Behavior<Command> pauseOrGiveUp(Fault fault) {
    if (pause.isEmpty()) {
      recovery.fail(fault.reason());
      recovery.end();
      devices.actors().values().forEach(device -> device.tell(new Device.Abandon(fault)));
    } else if (pause.get().isZero()) {
      reopen();
    } else {
      LOG.info(
          "the machine is opened again, for the {}. time of {}, in {} ms",
          backoff.restarts(),
          settings.recovery().maxRestarts(),
          pause.get().toMillis());
      timers.startSingleTimer(Reopen.class, new Reopen(), pause.get());
    }
    return Behaviors.same();
  }

  private Behavior<Command> onReopen() {
    reopen();
    return Behaviors.same();
  }

  private void reopen() {
    try {
      openMachine();
    } catch (RuntimeException e) {
      LOG.warn("the machine cannot be opened again: {}", e.getMessage());
      LOG.debug("the machine cannot be opened again", e);
      recovery.event("attempt failed", "virtionet.reason", String.valueOf(e.getMessage()));
      pause = backoff.next(System.nanoTime(), Duration.ZERO);
      pauseOrGiveUp(Fault.of(e));
    }
  }

  private Behavior<Command> onDeviceTerminated(Terminated terminated) {
    return devices.remove(terminated).map(this::forget).orElse(Behaviors.same());
  }

  /** The devices' actors have stopped before, each with its device reset. */
  private Behavior<Command> onPostStop() {
    recovery.end();
    closeMachine();
    return Behaviors.same();
  }

  private void closeMachine() {
    Optional<Machine> closing = machine;
    machine = Optional.empty();
    closing.ifPresent(
        old -> {
          try {
            old.close();
            LOG.debug("{} is closed", old.description());
          } catch (RuntimeException e) {
            LOG.error("{} was not closed as it should be: {}", old.description(), e.getMessage());
            LOG.debug("{}", old.description(), e);
          }
        });
  }
}
