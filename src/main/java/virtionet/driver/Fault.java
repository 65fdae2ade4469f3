package virtionet.driver;

import java.util.Objects;
import virtionet.machine.MachineException;
import virtionet.virtio.DeviceGoneException;
import virtionet.virtio.NeedsResetException;
import virtionet.virtio.RingViolation;
import virtionet.virtio.VirtioException;

/**
 * Why a device cannot go on as it is.
 *
 * @param reason for people: the cause, and the remedy where there is one
 */
public record Fault(Kind kind, String reason) {
  public Fault {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(reason, "reason");
  }

  /** What happened. */
  public enum Kind {
    /** The device met an error and asks to be reset (VirtIO 1.3 §2.1.1). */
    NEEDS_RESET,
    /** The device was reset by somebody else, or by itself. */
    STOPPED,
    /** The device broke the rules of a virtqueue. */
    RING_VIOLATION,
    /** The device did not send what it was given in time. */
    TRANSMIT_STALL,
    /** The device did not answer a control command in time. */
    CONTROL_TIMEOUT,
    /** The device answers no more. */
    GONE,
    /** What the device stands on failed: its registers, its line, its memory. */
    MACHINE,
    /** An actor of the driver failed: a fault of the driver itself. */
    ACTOR_FAILED,
    /** The device could not be brought up, or does what it must not. */
    REFUSED,
    /** Somebody asked for it. */
    RESTART
  }

  /** What an exception from the lower floors means. */
  static Fault of(RuntimeException failure) {
    Kind kind =
        switch (failure) {
          case RingViolation violation -> Kind.RING_VIOLATION;
          case NeedsResetException needed -> Kind.NEEDS_RESET;
          case DeviceGoneException gone -> Kind.GONE;
          case MachineException machine -> Kind.MACHINE;
          default -> Kind.REFUSED;
        };
    boolean known = failure instanceof VirtioException || failure instanceof MachineException;
    return new Fault(kind, known ? String.valueOf(failure.getMessage()) : failure.toString());
  }
}
