package virtionet.driver;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Connect.Refused;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Work;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;

/**
 * The driver's root, one in an actor system: opens the machine, looks into each of its slots, and
 * has one child for each network card. Stopping it resets the devices and then closes the machine,
 * in this order: their memory is unmapped only when they have let go of it.
 */
public final class VirtioNetDriver {
  private static final Logger LOG = LoggerFactory.getLogger(VirtioNetDriver.class);

  /** What the driver can be asked. */
  public sealed interface Command
      permits Connect, Scan, DescribeDevices, Restart, Stop, MachineLost, Detached, LetGo, Reopen {}

  /** Asks what stands in the slots. */
  public record Scan(ActorRef<ScanResult> replyTo) implements Command {
    public Scan {
      Objects.requireNonNull(replyTo, "replyTo");
    }
  }

  /** Asks what has become of each device; answered when all are up or failed. */
  public record DescribeDevices(ActorRef<DescribeResult> replyTo) implements Command {
    public DescribeDevices {
      Objects.requireNonNull(replyTo, "replyTo");
    }
  }

  /** Ends the driver; answered when its devices are reset and the machine is closed. */
  public record Stop(ActorRef<Done> replyTo) implements Command {
    public Stop {
      Objects.requireNonNull(replyTo, "replyTo");
    }
  }

  /**
   * Asks for a reset and a new start of a device, also of one that failed; answered when it is up
   * or given up.
   *
   * @param device its name; empty for the first one
   * @param work what it is a part of, as that is watched
   */
  public record Restart(Optional<String> device, ActorRef<Device.RestartResult> replyTo, Work work)
      implements Command, Carrier {
    public Restart {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(replyTo, "replyTo");
      Objects.requireNonNull(work, "work");
    }
  }

  record MachineLost(Machine machine, String reason) implements Command {}

  /** The device of that name has let go of the machine that was lost. */
  record Detached(Machine machine, String device) implements Command {}

  /** Time to close the machine that was lost, whoever has not let go of it. */
  record LetGo(Machine machine, Duration after) implements Command {}

  /** Time to open the machine again. */
  record Reopen() implements Command {}

  /** Answer to {@link Scan}. */
  public sealed interface ScanResult {}

  /** The machine was scanned. */
  public record Scanned(ScanReport report) implements ScanResult {
    public Scanned {
      Objects.requireNonNull(report, "report");
    }
  }

  /** Answer to {@link DescribeDevices}. */
  public sealed interface DescribeResult {}

  /** There is no machine. */
  public record NoMachine(MachineException failure) implements ScanResult, DescribeResult {
    public NoMachine {
      Objects.requireNonNull(failure, "failure");
    }
  }

  /**
   * The devices were looked at.
   *
   * @param problem why there is none, when there is none
   */
  public record Devices(List<Device.Description> devices, String problem)
      implements DescribeResult {
    public Devices {
      Objects.requireNonNull(devices, "devices");
      Objects.requireNonNull(problem, "problem");
    }
  }

  private final ActorContext<Command> context;
  private final DriverSettings settings;

  /**
   * The driver's behavior; to be spawned on a dispatcher of its own, since its actors wait for
   * devices.
   *
   * @param opener opens the machine; may take long, and may throw
   */
  public static Behavior<Command> create(Supplier<Machine> opener, DriverSettings settings) {
    Objects.requireNonNull(opener, "opener");
    Objects.requireNonNull(settings, "settings");
    // Opened here, in the actor's first step: whatever comes meanwhile waits in the mailbox, also
    // the order to stop, and so no machine is ever left behind.
    return TracedActor.around(
        Command.class,
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> new VirtioNetDriver(context, settings).open(opener, timers))));
  }

  private VirtioNetDriver(ActorContext<Command> context, DriverSettings settings) {
    this.context = context;
    this.settings = settings;
  }

  private Behavior<Command> open(Supplier<Machine> opener, TimerScheduler<Command> timers) {
    try {
      var devices = new DriverDevices(context, settings);
      return new DriverOnMachine(context, timers, opener, settings, devices).open();
    } catch (MachineException e) {
      return withoutMachine(e);
    } catch (RuntimeException e) {
      return withoutMachine(new MachineException("the machine cannot be opened: " + e, e));
    }
  }

  private static Behavior<Command> withoutMachine(MachineException failure) {
    LOG.error("cannot open the machine: {}", failure.getMessage());
    LOG.debug("cannot open the machine", failure);
    String reason = String.valueOf(failure.getMessage());
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, connect -> refuse(connect, reason))
        .onMessage(
            Scan.class,
            scan -> {
              scan.replyTo().tell(new NoMachine(failure));
              return Behaviors.same();
            })
        .onMessage(
            DescribeDevices.class,
            describe -> {
              describe.replyTo().tell(new NoMachine(failure));
              return Behaviors.same();
            })
        .onMessage(
            Restart.class,
            restart -> {
              restart.replyTo().tell(new Device.NotRestarted(reason));
              return Behaviors.same();
            })
        .onMessage(Stop.class, VirtioNetDriver::onStop)
        .onAnyMessage(other -> Behaviors.same())
        .build();
  }

  /**
   * The callback runs after {@link akka.actor.typed.PostStop} was handled, or this state has
   * nothing to end.
   */
  static Behavior<Command> onStop(Stop stop) {
    return Behaviors.stopped(() -> stop.replyTo().tell(Done.getInstance()));
  }

  static Behavior<Command> refuse(Connect connect, String reason) {
    connect.replyTo().tell(new Refused(reason));
    return Behaviors.same();
  }
}
