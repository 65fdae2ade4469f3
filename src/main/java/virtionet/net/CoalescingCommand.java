package virtionet.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/** Commands on interrupt coalescing (VirtIO 1.3 §5.1.6.5.9). */
public sealed interface CoalescingCommand extends ControlCommand {
  @Override
  default int commandClass() {
    return 6;
  }

  /** The parameters of all transmit queues. */
  record SetTransmit(Coalescing coalescing) implements CoalescingCommand {
    public SetTransmit {
      Objects.requireNonNull(coalescing, "coalescing");
    }

    @Override
    public int command() {
      return 0;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.NOTF_COAL);
    }

    @Override
    public List<byte[]> data() {
      return encoded(coalescing);
    }
  }

  /** The parameters of all receive queues. */
  record SetReceive(Coalescing coalescing) implements CoalescingCommand {
    public SetReceive {
      Objects.requireNonNull(coalescing, "coalescing");
    }

    @Override
    public int command() {
      return 1;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.NOTF_COAL);
    }

    @Override
    public List<byte[]> data() {
      return encoded(coalescing);
    }
  }

  /** The parameters of one queue, by its index at the device. */
  record SetQueue(int queue, Coalescing coalescing) implements CoalescingCommand {
    public SetQueue {
      Objects.requireNonNull(coalescing, "coalescing");
    }

    @Override
    public int command() {
      return 2;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.VQ_NOTF_COAL);
    }

    @Override
    public List<byte[]> data() {
      return List.of(
          ControlCommand.encode(
              4 + Coalescing.LENGTH,
              data -> {
                data.putShort((short) queue).putShort((short) 0);
                coalescing.encode(data);
              }));
    }

    @Override
    public void check(ControlLimits limits) {
      requireEnabled(queue, limits);
    }
  }

  /** Asks for the parameters of one queue. */
  record GetQueue(int queue) implements CoalescingCommand {
    @Override
    public int command() {
      return 3;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.VQ_NOTF_COAL);
    }

    @Override
    public List<byte[]> data() {
      return List.of(
          ControlCommand.encode(4, data -> data.putShort((short) queue).putShort((short) 0)));
    }

    @Override
    public int replyLength() {
      return Coalescing.LENGTH;
    }

    @Override
    public void check(ControlLimits limits) {
      requireEnabled(queue, limits);
    }

    /** What the device answered to an accepted command. */
    public Coalescing decode(byte[] reply) {
      return Coalescing.decode(ByteBuffer.wrap(reply).order(ByteOrder.LITTLE_ENDIAN));
    }
  }

  private static List<byte[]> encoded(Coalescing coalescing) {
    return List.of(ControlCommand.encode(Coalescing.LENGTH, coalescing::encode));
  }

  private static void requireEnabled(int queue, ControlLimits limits) {
    int queues = 2 * limits.enabledPairs();
    if (queue < 0 || queue >= queues) {
      throw new IllegalArgumentException(
          "virtqueue %d: the receive and transmit queues in use are 0 to %d"
              .formatted(queue, queues - 1));
    }
  }
}
