package virtionet.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import virtionet.net.Coalescing;
import virtionet.net.CoalescingCommand;
import virtionet.net.ControlCommand;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlState;
import virtionet.net.HashConfig;
import virtionet.net.HashLimits;
import virtionet.net.NetDevice;
import virtionet.net.NetFeature;
import virtionet.net.RssConfig;

/**
 * What a device that was just started is told: what the settings ask for, and what commands have
 * set before its reset, which comes later or in the place of the other.
 */
final class FirstCommands {
  /** How long the device may keep to itself that frames are sent. */
  private static final int TRANSMIT_MICROSECONDS = 100;

  private final NetDevice device;
  private final long accepted;

  /** What was set before, as far as this device can be told it. */
  private final List<ControlCommand> before;

  private FirstCommands(NetDevice device, ControlState state) {
    this.device = device;
    accepted = device.features().accepted();
    int ready = device.receiveQueues().size();
    before =
        state.commands(accepted).stream()
            .map(command -> withinReach(command, ready))
            .flatMap(Optional::stream)
            .toList();
  }

  /** A device that was started again may have fewer queue pairs. */
  private static Optional<ControlCommand> withinReach(ControlCommand command, int ready) {
    return switch (command) {
      case SetQueuePairs set when set.pairs() > ready ->
          ready > 1 ? Optional.of(new SetQueuePairs(ready)) : Optional.empty();
      case RssConfig rss when rss.pairs() > ready -> Optional.empty();
      default -> Optional.of(command);
    };
  }

  /**
   * The commands in their order.
   *
   * @param state what commands have set before the reset
   */
  static List<ControlCommand> of(NetDevice device, ControlState state) {
    return new FirstCommands(device, state).inOrder();
  }

  private List<ControlCommand> inOrder() {
    List<ControlCommand> commands = new ArrayList<>();
    // The address that the driver made up is to be known to a device that filters (§5.1.6.5.2.2).
    if (device.deviceMac().isEmpty() && !wasSet(SetMacAddress.class)) {
      addIfPossible(commands, new SetMacAddress(device.mac()));
    }
    if (!wasSet(SetQueuePairs.class) && !wasSet(RssConfig.class)) {
      addSteering(commands);
    }
    if (!wasSet(CoalescingCommand.SetTransmit.class)) {
      addIfPossible(commands, new CoalescingCommand.SetTransmit(transmitCoalescing()));
    }
    commands.addAll(before);
    // Last: QEMU forgets hashes when it is told how to steer.
    HashLimits limits = device.hashLimits();
    if (!wasSet(HashConfig.class) && !NetFeature.RSS.in(accepted)) {
      addIfPossible(commands, HashConfig.all(limits));
    }
    return commands;
  }

  /**
   * Nobody is in a hurry to hear that frames were sent, but for one who waits for room: a quarter
   * of the ring is soon told of. Received frames are told of at once.
   */
  private Coalescing transmitCoalescing() {
    return new Coalescing(
        Math.max(1, device.transmitQueue().capacity() / 4), TRANSMIT_MICROSECONDS);
  }

  /** With RSS accepted the settings ask for it; hashes to be reported are said with it. */
  private void addSteering(List<ControlCommand> commands) {
    int pairs = device.receiveQueues().size();
    if (NetFeature.RSS.in(accepted)) {
      commands.add(RssConfig.even(device.hashLimits(), pairs));
    } else if (pairs > 1) {
      addIfPossible(commands, new SetQueuePairs(pairs));
    }
  }

  private void addIfPossible(List<ControlCommand> commands, ControlCommand command) {
    if (command.needs().stream().allMatch(feature -> feature.in(accepted))) {
      commands.add(command);
    }
  }

  private boolean wasSet(Class<? extends ControlCommand> type) {
    return before.stream().anyMatch(type::isInstance);
  }
}
