package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import virtionet.machine.DeviceRegion;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.RingViolation;
import virtionet.virtio.Transport;
import virtionet.virtio.VirtioException;
import virtionet.virtio.Virtqueue;

/**
 * The control virtqueue (VirtIO 1.3 §5.1.6.5): one command at a time. Not thread-safe: one owner;
 * only {@link #wake} may be called by any thread.
 *
 * <p>Class and command, the data, and the acknowledgement lie in descriptors of their own, as a
 * legacy device without ANY_LAYOUT wants them (§5.1.6.6) and every other one allows.
 */
public final class ControlQueue {
  /** Descriptors of the longest chain: the head, two pieces of data, the acknowledgement. */
  static final int LONGEST_CHAIN = 4;

  /** Bytes of memory for a command and its answer. */
  static final int BYTES = 4096;

  private static final int HEAD = 2;
  private static final int LONGEST_REPLY = Coalescing.LENGTH;
  private static final int REPLY = BYTES - LONGEST_REPLY - 1;

  private static final int OK = 0;
  private static final int ERROR = 1;

  /** No answer: what stands there until the device writes. */
  private static final byte UNWRITTEN = (byte) 0xff;

  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

  private final Virtqueue queue;
  private final Transport transport;
  private final MemorySegment memory;
  private final long address;
  private final ControlLimits limits;
  private final DescriptorChain chain = new DescriptorChain();
  private @Nullable ControlCommand pending;
  private volatile boolean awaiting;
  private volatile Runnable wake = () -> {};

  /**
   * @param region of {@link #BYTES}, the queue's alone
   * @throws VirtioException when the queue is too short for a command
   */
  ControlQueue(Virtqueue queue, Transport transport, DeviceRegion region, ControlLimits limits) {
    if (queue.size() < LONGEST_CHAIN) {
      throw new VirtioException(
          "the control virtqueue %d has %d descriptors, and a command may need %d: switch it off with disabled-features = [CTRL_VQ]"
              .formatted(queue.index(), queue.size(), LONGEST_CHAIN));
    }
    this.queue = queue;
    this.transport = transport;
    this.limits = limits;
    memory = region.segment();
    address = region.deviceAddress();
    queue.disableInterrupts();
  }

  /** What the device allows its commands. */
  public ControlLimits limits() {
    return limits;
  }

  /** Whether a command is short enough for the memory that there is for one. */
  public boolean fits(ControlCommand command) {
    return HEAD + command.data().stream().mapToInt(piece -> piece.length).sum() <= REPLY;
  }

  /** Whether a command is with the device. */
  public boolean isBusy() {
    return pending != null;
  }

  /** Run by {@link #wake} while a command is with the device; from any thread. */
  public void onUsed(Runnable action) {
    wake = action;
  }

  /** The device has used a buffer, of one queue or another. Any thread. */
  public void wake() {
    if (awaiting) {
      wake.run();
    }
  }

  /**
   * Gives the device a command.
   *
   * @throws IllegalStateException while another one is with the device
   * @throws IllegalArgumentException for one whose features were not accepted, or that is too long
   * @throws RingViolation when the device broke this queue before
   */
  public void submit(ControlCommand command) {
    if (isBusy()) {
      throw new IllegalStateException(
          command + " while " + pending + " is with the device: one at a time");
    }
    for (NetFeature feature : command.needs()) {
      if (!feature.in(limits.accepted())) {
        throw new IllegalArgumentException(command + " needs " + feature + ", not accepted");
      }
    }
    if (!fits(command)) {
      throw new IllegalArgumentException("%s is longer than %d bytes".formatted(command, REPLY));
    }
    if (!queue.add(encode(command), 0)) {
      throw new IllegalStateException("no room for a command in " + queue);
    }
    pending = command;
    // Before the device can answer.
    awaiting = true;
    queue.enableInterrupts(1);
    if (queue.publish()) {
      transport.notifyQueue(queue.notification());
    }
  }

  private DescriptorChain encode(ControlCommand command) {
    memory.set(U8, 0, (byte) command.commandClass());
    memory.set(U8, 1, (byte) command.command());
    chain.clear().readable(address, HEAD);
    int at = HEAD;
    for (byte[] piece : command.data()) {
      MemorySegment.copy(piece, 0, memory, U8, at, piece.length);
      chain.readable(address + at, piece.length);
      at += piece.length;
    }
    int reply = command.replyLength();
    memory.asSlice(REPLY).fill(UNWRITTEN);
    if (reply > 0) {
      chain.writable(address + REPLY, reply);
    }
    return chain.writable(address + REPLY + reply, 1);
  }

  /**
   * Takes the answer to the command that is with the device, once there is one. The length that the
   * device claims is not looked at: many have it wrong (§5.1.6.1, legacy).
   *
   * @throws RingViolation when the device broke the rules of the queue
   */
  public Optional<ControlOutcome> poll() {
    ControlCommand command = pending;
    if (command == null || queue.poll() == Virtqueue.NONE) {
      return Optional.empty();
    }
    pending = null;
    awaiting = false;
    queue.disableInterrupts();
    int length = command.replyLength();
    int acknowledgement = Byte.toUnsignedInt(memory.get(U8, REPLY + length));
    return Optional.of(
        switch (acknowledgement) {
          case OK -> new ControlOutcome.Accepted(memory.asSlice(REPLY, length).toArray(U8));
          case ERROR -> new ControlOutcome.Rejected();
          default -> new ControlOutcome.Unintelligible(acknowledgement);
        });
  }
}
