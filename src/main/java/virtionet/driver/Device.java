package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import java.util.Objects;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.Work;
import virtionet.machine.Slot;
import virtionet.net.MacAddress;

/**
 * One network device: what its actor can be told, and what it says of itself. How it lives is in
 * {@link DeviceLifecycle}.
 */
public final class Device {

  sealed interface Command
      permits Describe,
          Connect,
          ControlRequest,
          ConfigurationChanged,
          LookAgain,
          CheckHealth,
          Broken,
          Retry,
          Restart,
          Detach,
          Attach,
          Abandon {}

  /** Asks what has become of it. */
  record Describe(ActorRef<Description> replyTo) implements Command {}

  /**
   * The device said that its configuration changed, or that it needs a reset.
   *
   * @param taken to be run before the look at it: a change from then on is told anew
   */
  record ConfigurationChanged(Runnable taken) implements Command {}

  /** The configuration is to be looked at, without a change that was told. */
  record LookAgain() implements Command {}

  /** Time to see whether the device still is as it was started. */
  record CheckHealth() implements Command {}

  /** The device cannot go on as it is, in the life of that number. */
  record Broken(int life, Fault fault) implements Command {}

  /** The pause before the next start is over. */
  record Retry() implements Command {}

  /** Asks for a reset and a new start, also of a device that failed; answered once. */
  record Restart(ActorRef<RestartResult> replyTo, Work work) implements Command, Carrier {}

  /**
   * The machine is gone, and is to be let go of.
   *
   * @param forGood whether there will be no other
   * @param detached told when nothing of the machine is in use any more
   */
  record Detach(Fault fault, boolean forGood, Runnable detached, Work work)
      implements Command, Carrier {}

  /** There is a machine again. */
  record Attach(DevicePlace place) implements Command {}

  /** There will be no machine. */
  record Abandon(Fault fault) implements Command {}

  /** What comes of a {@link Restart}. */
  public sealed interface RestartResult {}

  /** It is up. */
  public record Restarted(DeviceHandle device) implements RestartResult {
    public Restarted {
      Objects.requireNonNull(device, "device");
    }
  }

  /** It is not, and is given up. */
  public record NotRestarted(String reason) implements RestartResult {
    public NotRestarted {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** What has become of a device. */
  public sealed interface Description {
    /** Where the device stands. */
    Slot slot();
  }

  /** It is up. */
  public record Up(DeviceHandle device) implements Description {
    public Up {
      Objects.requireNonNull(device, "device");
    }

    @Override
    public Slot slot() {
      return device.info().slot();
    }
  }

  /** It was up, and is being reset and started again; clients can connect and wait for it. */
  public record Recovering(DeviceHandle device, Fault fault) implements Description {
    public Recovering {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(fault, "fault");
    }

    @Override
    public Slot slot() {
      return device.info().slot();
    }
  }

  /** It is not up, and will not be unless it is restarted. */
  public record Failed(Slot slot, String reason) implements Description {
    public Failed {
      Objects.requireNonNull(slot, "slot");
      Objects.requireNonNull(reason, "reason");
    }
  }

  private Device() {}

  /**
   * @param ownMac the address to take when the device gives none of use
   */
  static Behavior<Command> create(DevicePlace place, MacAddress ownMac, DriverSettings settings) {
    return DeviceLifecycle.create(place, ownMac, settings);
  }
}
