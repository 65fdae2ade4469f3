package virtionet.net;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was set by control commands and is to hold, so that a device can be brought to the same
 * state after a reset. Immutable: each command that was done makes a new one.
 */
public final class ControlState {
  /** Nothing was set. */
  public static final ControlState INITIAL = new ControlState(List.of());

  /** In the order in which they are to be sent. */
  private final List<ControlCommand> commands;

  private ControlState(Collection<ControlCommand> commands) {
    this.commands = List.copyOf(commands);
  }

  /** The state after this command was done. */
  public ControlState with(ControlCommand done) {
    Map<Place, ControlCommand> places = new TreeMap<>();
    commands.forEach(command -> place(command).ifPresent(place -> places.put(place, command)));
    if (done instanceof ControlCommand.RemoveVlan vlan) {
      places.remove(Place.of(Kind.VLAN, vlan.id()));
    } else {
      place(done).ifPresent(place -> places.put(place, done));
    }
    // Of the two ways to steer the last one holds (§5.1.6.5.5).
    if (done instanceof ControlCommand.SetQueuePairs) {
      places.remove(Place.of(Kind.RSS, 0));
    } else if (done instanceof RssConfig) {
      places.remove(Place.of(Kind.QUEUE_PAIRS, 0));
    }
    return new ControlState(places.values());
  }

  /**
   * The commands that bring a fresh device to this state, in their order; those whose features are
   * not among the accepted ones are left out.
   */
  public List<ControlCommand> commands(long accepted) {
    List<ControlCommand> possible = new ArrayList<>(commands);
    possible.removeIf(
        command -> !command.needs().stream().allMatch(feature -> feature.in(accepted)));
    return Collections.unmodifiableList(possible);
  }

  /** Each receive mode that was set, and how. */
  public Map<ReceiveMode, Boolean> receiveModes() {
    var modes = new EnumMap<ReceiveMode, Boolean>(ReceiveMode.class);
    for (ControlCommand command : commands) {
      if (command instanceof ControlCommand.SetReceiveMode set) {
        modes.put(set.mode(), set.on());
      }
    }
    return Collections.unmodifiableMap(modes);
  }

  /** The address that was set, if one was. */
  public Optional<MacAddress> mac() {
    return last(ControlCommand.SetMacAddress.class).map(ControlCommand.SetMacAddress::mac);
  }

  /** How many queue pairs are in use; one at the start (§5.1.5). */
  public int queuePairs() {
    return last(ControlCommand.SetQueuePairs.class)
        .map(ControlCommand.SetQueuePairs::pairs)
        .or(() -> last(RssConfig.class).map(RssConfig::pairs))
        .orElse(1);
  }

  /** Which hashes were asked for, apart from steering; if that was done. */
  public Optional<HashConfig> hashes() {
    return last(HashConfig.class);
  }

  private <T extends ControlCommand> Optional<T> last(Class<T> type) {
    return commands.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  /** Where a command's effect is kept: the next one for the same place takes it. */
  private record Place(Kind kind, int number) implements Comparable<Place> {
    static Place of(Kind kind, int number) {
      return new Place(kind, number);
    }

    @Override
    public int compareTo(Place other) {
      int byKind = kind.compareTo(other.kind);
      return byKind != 0 ? byKind : Integer.compare(number, other.number);
    }
  }

  /**
   * In the order of the replay: the address before filters that let it pass, pairs before what
   * names their queues, all queues before single ones.
   */
  private enum Kind {
    MAC,
    MAC_TABLE,
    VLAN,
    RECEIVE_MODE,
    OFFLOADS,
    QUEUE_PAIRS,
    RSS,
    HASH,
    TUNNEL,
    COALESCE_ALL,
    COALESCE_QUEUE
  }

  private static Optional<Place> place(ControlCommand command) {
    return Optional.ofNullable(
        switch (command) {
          case ControlCommand.SetReceiveMode set ->
              Place.of(Kind.RECEIVE_MODE, set.mode().command());
          case ControlCommand.SetMacAddress set -> Place.of(Kind.MAC, 0);
          case ControlCommand.AddVlan add -> Place.of(Kind.VLAN, add.id());
          case ControlCommand.SetQueuePairs pairs -> Place.of(Kind.QUEUE_PAIRS, 0);
          case MacTable table -> Place.of(Kind.MAC_TABLE, 0);
          case GuestOffloads offloads -> Place.of(Kind.OFFLOADS, 0);
          case RssConfig rss -> Place.of(Kind.RSS, 0);
          case HashConfig hash -> Place.of(Kind.HASH, 0);
          case HashTunnel tunnel -> Place.of(Kind.TUNNEL, 0);
          case CoalescingCommand.SetTransmit all -> Place.of(Kind.COALESCE_ALL, 0);
          case CoalescingCommand.SetReceive all -> Place.of(Kind.COALESCE_ALL, 1);
          case CoalescingCommand.SetQueue one -> Place.of(Kind.COALESCE_QUEUE, one.queue());
          case CoalescingCommand.GetQueue get -> null;
          case ControlCommand.RemoveVlan vlan -> null;
          case ControlCommand.AcknowledgeAnnouncement acknowledged -> null;
        });
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ControlState state && commands.equals(state.commands);
  }

  @Override
  public int hashCode() {
    return commands.hashCode();
  }

  @Override
  public String toString() {
    return "ControlState" + commands;
  }
}
