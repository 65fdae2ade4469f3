package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import virtionet.net.CoalescingCommand.GetQueue;
import virtionet.net.CoalescingCommand.SetQueue;
import virtionet.net.CoalescingCommand.SetReceive;
import virtionet.net.ControlCommand.AcknowledgeAnnouncement;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.ControlCommand.RemoveVlan;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlCommand.SetReceiveMode;

/** What is replayed to a device after its reset. */
class ControlStateTest {
  private static final long ALL = -1L;
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");
  private static final HashKey KEY = HashKey.of(new byte[40]);

  private static ControlState after(ControlCommand... commands) {
    ControlState state = ControlState.INITIAL;
    for (ControlCommand command : commands) {
      state = state.with(command);
    }
    return state;
  }

  @Test
  void theLastCommandForEachPlaceIsReplayedOnceTheAddressFirst() {
    var first = new Coalescing(1, 1);
    var second = new Coalescing(2, 2);
    ControlState state =
        after(
            new SetQueue(1, first),
            new SetReceive(first),
            new SetReceive(second),
            new SetQueue(1, second),
            new SetQueue(0, first),
            new SetReceiveMode(ReceiveMode.PROMISCUOUS, true),
            new SetReceiveMode(ReceiveMode.ALL_MULTICAST, true),
            new SetReceiveMode(ReceiveMode.PROMISCUOUS, false),
            MacTable.EMPTY,
            new AddVlan(7),
            new AddVlan(5),
            new AddVlan(6),
            new RemoveVlan(5),
            new GuestOffloads(Set.of()),
            new SetMacAddress(STATION));
    assertEquals(
        List.of(
            new SetMacAddress(STATION),
            MacTable.EMPTY,
            new AddVlan(6),
            new AddVlan(7),
            new SetReceiveMode(ReceiveMode.PROMISCUOUS, false),
            new SetReceiveMode(ReceiveMode.ALL_MULTICAST, true),
            new GuestOffloads(Set.of()),
            new SetReceive(second),
            new SetQueue(0, first),
            new SetQueue(1, second)),
        state.commands(ALL));
    assertEquals(state, after(state.commands(ALL).toArray(ControlCommand[]::new)));
    assertEquals(Optional.of(STATION), state.mac());
    assertEquals(
        Map.of(ReceiveMode.PROMISCUOUS, false, ReceiveMode.ALL_MULTICAST, true),
        state.receiveModes());
  }

  @Test
  void questionsAndAcknowledgementsLeaveNothingToReplay() {
    assertEquals(
        ControlState.INITIAL,
        after(new GetQueue(1), new AcknowledgeAnnouncement(), new AddVlan(1), new RemoveVlan(1)));
  }

  @Test
  void whatTheDeviceNoLongerAcceptsIsLeftOut() {
    ControlState state = after(new AddVlan(7), new SetMacAddress(STATION), MacTable.EMPTY);
    assertEquals(
        List.of(MacTable.EMPTY, new AddVlan(7)),
        state.commands(NetFeature.CTRL_VLAN.mask() | NetFeature.CTRL_RX.mask()));
    assertEquals(List.of(), state.commands(0));
  }

  @Test
  void ofTheTwoWaysToSteerTheLastOneHolds() {
    var rss = new RssConfig(Set.of(), 0, List.of(0, 1), 2, KEY);
    var pairs = new SetQueuePairs(3);
    assertEquals(List.of(rss), after(pairs, rss).commands(ALL));
    assertEquals(2, after(pairs, rss).queuePairs());
    assertEquals(List.of(pairs), after(rss, pairs).commands(ALL));
    assertEquals(3, after(rss, pairs).queuePairs());
    assertEquals(1, ControlState.INITIAL.queuePairs());
  }
}
