package virtionet.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A command for the control virtqueue (VirtIO 1.3 §5.1.6.5). A record holds nothing that no device
 * could take; what depends on the device is checked by {@link #check}.
 */
public sealed interface ControlCommand
    permits ControlCommand.SetReceiveMode,
        ControlCommand.SetMacAddress,
        ControlCommand.AddVlan,
        ControlCommand.RemoveVlan,
        ControlCommand.AcknowledgeAnnouncement,
        ControlCommand.SetQueuePairs,
        CoalescingCommand,
        GuestOffloads,
        HashConfig,
        HashTunnel,
        MacTable,
        RssConfig {

  /** The field {@code class}. */
  int commandClass();

  /** The field {@code command}. */
  int command();

  /** The features without which it must not be sent: all of them. */
  List<NetFeature> needs();

  /**
   * The command-specific data, little endian, in the pieces that a legacy device without ANY_LAYOUT
   * wants in a descriptor each (§5.1.6.6).
   */
  List<byte[]> data();

  /** Bytes that the device is to write before the acknowledgement. */
  default int replyLength() {
    return 0;
  }

  /**
   * Checks what depends on the device.
   *
   * @throws IllegalArgumentException that says what does not fit
   */
  default void check(ControlLimits limits) {}

  /** That many bytes of data, zero where the writer leaves them. */
  static byte[] encode(int bytes, Consumer<ByteBuffer> writer) {
    byte[] data = new byte[bytes];
    writer.accept(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN));
    return data;
  }

  /** Switches a receive mode on or off. */
  record SetReceiveMode(ReceiveMode mode, boolean on) implements ControlCommand {
    public SetReceiveMode {
      Objects.requireNonNull(mode, "mode");
    }

    @Override
    public int commandClass() {
      return 0;
    }

    @Override
    public int command() {
      return mode.command();
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(mode.needs());
    }

    @Override
    public List<byte[]> data() {
      return List.of(new byte[] {(byte) (on ? 1 : 0)});
    }
  }

  /** Gives the device an address of its own (§5.1.6.5.2): one that a station can have. */
  record SetMacAddress(MacAddress mac) implements ControlCommand {
    public SetMacAddress {
      if (!mac.isUsable()) {
        throw new IllegalArgumentException(mac + " is no address for a station: a group, or all 0");
      }
    }

    @Override
    public int commandClass() {
      return MacTable.CLASS;
    }

    @Override
    public int command() {
      return 1;
    }

    /** Two rules of the specification name one each (§5.1.6.5.2, §5.1.6.5.2.2); both are held. */
    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.CTRL_MAC_ADDR, NetFeature.CTRL_RX);
    }

    @Override
    public List<byte[]> data() {
      return List.of(mac.toBytes());
    }
  }

  /** Lets the frames of a VLAN pass (§5.1.6.5.3). */
  record AddVlan(int id) implements ControlCommand {
    public AddVlan {
      VlanTag.requireNetwork(id);
    }

    @Override
    public int commandClass() {
      return 2;
    }

    @Override
    public int command() {
      return 0;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.CTRL_VLAN);
    }

    @Override
    public List<byte[]> data() {
      return List.of(encode(2, data -> data.putShort((short) id)));
    }
  }

  /** Holds the frames of a VLAN back again. */
  record RemoveVlan(int id) implements ControlCommand {
    public RemoveVlan {
      VlanTag.requireNetwork(id);
    }

    @Override
    public int commandClass() {
      return 2;
    }

    @Override
    public int command() {
      return 1;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.CTRL_VLAN);
    }

    @Override
    public List<byte[]> data() {
      return List.of(encode(2, data -> data.putShort((short) id)));
    }
  }

  /** Says that the station was announced, as the device had asked (§5.1.6.5.4). */
  record AcknowledgeAnnouncement() implements ControlCommand {
    @Override
    public int commandClass() {
      return 3;
    }

    @Override
    public int command() {
      return 0;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.GUEST_ANNOUNCE);
    }

    @Override
    public List<byte[]> data() {
      return List.of();
    }
  }

  /** Says how many pairs of queues are in use from now on (§5.1.6.5.6). */
  record SetQueuePairs(int pairs) implements ControlCommand {
    static final int MOST = 0x8000;

    public SetQueuePairs {
      if (pairs < 1 || pairs > MOST) {
        throw new IllegalArgumentException(
            "%d queue pairs: there can be 1 to %d".formatted(pairs, MOST));
      }
    }

    @Override
    public int commandClass() {
      return RssConfig.CLASS;
    }

    @Override
    public int command() {
      return 0;
    }

    @Override
    public List<NetFeature> needs() {
      return List.of(NetFeature.MQ);
    }

    @Override
    public List<byte[]> data() {
      return List.of(encode(2, data -> data.putShort((short) pairs)));
    }

    @Override
    public void check(ControlLimits limits) {
      if (pairs > limits.maxPairs()) {
        throw new IllegalArgumentException(
            "%d queue pairs: the device has %d".formatted(pairs, limits.maxPairs()));
      }
      if (pairs > limits.readyPairs()) {
        throw new IllegalArgumentException(
            "%d queue pairs: %d are set up (VirtIO 1.3 §5.1.6.5.6.1)"
                .formatted(pairs, limits.readyPairs()));
      }
    }
  }
}
