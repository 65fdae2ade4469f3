package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.CoalescingCommand.GetQueue;
import virtionet.net.CoalescingCommand.SetQueue;
import virtionet.net.CoalescingCommand.SetReceive;
import virtionet.net.CoalescingCommand.SetTransmit;
import virtionet.net.ControlCommand.AcknowledgeAnnouncement;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.ControlCommand.RemoveVlan;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlCommand.SetReceiveMode;
import virtionet.net.ControlOutcome.Accepted;
import virtionet.net.ControlOutcome.Rejected;
import virtionet.net.ControlOutcome.Unintelligible;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.Requirement;
import virtionet.virtio.RingViolation;
import virtionet.virtio.VirtioException;

/** The control queue against a model that notes each command that must not be. */
class ControlQueueTest {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");
  private static final ControlCommand PROMISCUOUS =
      new SetReceiveMode(ReceiveMode.PROMISCUOUS, true);
  private static final HashKey KEY = HashKey.of(new byte[40]);

  private static final List<ControlCommand> COMMANDS =
      List.of(
          PROMISCUOUS,
          new SetReceiveMode(ReceiveMode.NO_BROADCAST, true),
          new MacTable(List.of(STATION), List.of(GROUP)),
          new SetMacAddress(STATION),
          new AddVlan(5),
          new AddVlan(6),
          new RemoveVlan(5),
          new GuestOffloads(Set.of()));

  static Stream<ModelSettings> devices() {
    return Stream.of(
        ModelSettings.modern().offering(ModelSettings.CONTROL),
        ModelSettings.modern()
            .offering(ModelSettings.CONTROL)
            .without(ModelSettings.EVENT_IDX)
            .withQueueSizeMax(4),
        ModelSettings.legacy().offering(ModelSettings.CONTROL),
        ModelSettings.legacy()
            .offering(ModelSettings.CONTROL)
            .without(ModelSettings.ANY_LAYOUT | ModelSettings.EVENT_IDX));
  }

  private static TestDevice up() {
    return TestDevice.up(ModelSettings.modern().offering(ModelSettings.CONTROL));
  }

  private static ControlQueue queue(TestDevice up) {
    return up.device().controlQueue().orElseThrow();
  }

  private static ControlOutcome execute(TestDevice up, ControlCommand command) {
    queue(up).submit(command);
    return queue(up).poll().orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement({
    "CVQ-IMP-01",
    "NETFRM-LEG-02",
    "NETFRM-LEG-03",
    "NETFRM-LEG-04",
    "NETFRM-LEG-05",
    "CVQMAC-DRV-03",
    "CVQVLAN-IMP-01"
  })
  void eachCommandIsDoneInTheOrderGiven(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      for (int round = 0; round < 20; round++) {
        for (ControlCommand command : COMMANDS) {
          assertInstanceOf(Accepted.class, execute(up, command), command::toString);
        }
      }
      assertEquals(160, up.model().control().commands().size());
      assertTrue(up.model().control().mode(0));
      assertFalse(up.model().control().mode(1));
      assertTrue(up.model().control().mode(5));
      assertEquals(List.of(STATION), up.model().control().unicast());
      assertEquals(List.of(GROUP), up.model().control().multicast());
      assertEquals(Set.of(6), up.model().control().vlans());
    }
  }

  @Test
  void whatAQueueWasSetToCanBeAskedFor() {
    try (TestDevice up =
        TestDevice.up(
            ModelSettings.modern().offering(ModelSettings.CONTROL | ModelSettings.NOTF_COAL))) {
      assertInstanceOf(Accepted.class, execute(up, new SetTransmit(new Coalescing(1, 2))));
      assertInstanceOf(Accepted.class, execute(up, new SetReceive(new Coalescing(3, 4))));
      var coalescing = new Coalescing(0xffff_fffeL, 20);
      assertInstanceOf(Accepted.class, execute(up, new SetQueue(1, coalescing)));
      var get = new GetQueue(1);
      var answer = assertInstanceOf(Accepted.class, execute(up, get));
      assertEquals(coalescing, get.decode(answer.reply()));
    }
  }

  @Test
  @Requirement("CVQCOAL-DRV-04")
  @Misbehaviour("H125")
  void valuesThatComeWithAnErrorAreNotGivenOn() {
    try (TestDevice up = up()) {
      up.model().control().reject(6, 3);
      assertInstanceOf(Rejected.class, execute(up, new GetQueue(0)));
    }
  }

  @Test
  @Requirement("CVQ-IMP-01")
  @Misbehaviour("H121")
  void anErrorAndGarbageAndSilenceAreNoSuccess() {
    try (TestDevice up = up()) {
      up.model().control().answer(1);
      assertEquals(new Rejected(), execute(up, PROMISCUOUS));
      up.model().control().answer(0x7f);
      assertEquals(new Unintelligible(0x7f), execute(up, PROMISCUOUS));
      up.model().control().answer(-1);
      assertEquals(new Unintelligible(0xff), execute(up, PROMISCUOUS));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 2, 4096, 0xffff_ffffL})
  @Requirement({"NETHDR-LEG-03", "SPLIT-IMP-04"})
  @Misbehaviour("H122")
  void theLengthThatADeviceClaimsDoesNotMatter(long claimed) {
    try (TestDevice up = TestDevice.up(ModelSettings.legacy().offering(ModelSettings.CONTROL))) {
      up.model().control().claim(claimed);
      var accepted = assertInstanceOf(Accepted.class, execute(up, PROMISCUOUS));
      assertArrayEquals(new byte[0], accepted.reply());
    }
  }

  @Test
  void oneCommandAtATime() {
    try (TestDevice up = up()) {
      up.model().control().neverAnswer();
      queue(up).submit(PROMISCUOUS);
      assertTrue(queue(up).poll().isEmpty());
      assertTrue(queue(up).isBusy());
      assertThrows(IllegalStateException.class, () -> queue(up).submit(PROMISCUOUS));
    }
  }

  @Test
  void itsOwnerIsWokenWhileACommandIsWithTheDeviceAndNotElse() {
    try (TestDevice up = up()) {
      var woken = new AtomicInteger();
      queue(up).onUsed(woken::incrementAndGet);
      queue(up).wake();
      assertEquals(0, woken.get());
      queue(up).submit(PROMISCUOUS);
      assertEquals(1, up.device().takeInterrupts(), "the answer's interrupt");
      queue(up).wake();
      assertEquals(1, woken.get());
      queue(up).poll();
      queue(up).wake();
      assertEquals(1, woken.get());
    }
  }

  @Test
  void aDeviceThatUsesWhatItWasNotGivenIsCaught() {
    try (TestDevice up = up()) {
      up.model().control().neverAnswer();
      queue(up).submit(PROMISCUOUS);
      up.model().ring(2).rawUse(7, 1);
      assertThrows(RingViolation.class, () -> queue(up).poll());
    }
  }

  /** One for each feature that a command can need, and a device that does not offer that. */
  static Stream<ControlCommand> commands() {
    return Stream.of(
        PROMISCUOUS,
        new SetReceiveMode(ReceiveMode.ALL_MULTICAST, true),
        new SetReceiveMode(ReceiveMode.ALL_UNICAST, true),
        new SetReceiveMode(ReceiveMode.NO_MULTICAST, true),
        new SetReceiveMode(ReceiveMode.NO_UNICAST, true),
        new SetReceiveMode(ReceiveMode.NO_BROADCAST, true),
        MacTable.EMPTY,
        new SetMacAddress(STATION),
        new AddVlan(5),
        new RemoveVlan(5),
        new AcknowledgeAnnouncement(),
        new SetQueuePairs(1),
        new RssConfig(Set.of(), 0, List.of(0), 1, KEY),
        new HashConfig(Set.of(), KEY),
        new HashTunnel(0),
        new GuestOffloads(Set.of()),
        new SetTransmit(new Coalescing(1, 2)),
        new SetReceive(new Coalescing(3, 4)),
        new SetQueue(0, new Coalescing(3, 4)),
        new GetQueue(0));
  }

  @ParameterizedTest
  @MethodSource("commands")
  @Requirement({
    "CVQRX-DRV-01",
    "CVQRX-DRV-02",
    "CVQMAC-DRV-01",
    "CVQVLAN-IMP-01",
    "CVQANN-DRV-02",
    "CVQOFF-DRV-01",
    "CVQRSS-DRV-01",
    "CVQCOAL-DRV-02",
    "CVQCOAL-DRV-03",
    "HASHTUN-DRV-01"
  })
  void withoutItsFeatureACommandDoesNotReachTheDevice(ControlCommand command) {
    for (NetFeature missing : command.needs()) {
      ModelSettings settings =
          ModelSettings.modern().offering(ModelSettings.CONTROL).without(missing.mask());
      try (TestDevice up = TestDevice.up(settings)) {
        var refused = assertThrows(IllegalArgumentException.class, () -> queue(up).submit(command));
        assertTrue(String.valueOf(refused.getMessage()).contains(missing.name()));
        assertEquals(List.of(), up.model().control().commands());
        assertFalse(queue(up).isBusy());
      }
    }
  }

  @Test
  @Requirement({"NETFEAT-IMP-03", "NETCFG-DRV-14", "NETCFG-DRV-15"})
  void withoutTheControlQueueNothingThatNeedsItIsAccepted() {
    long pairsAndHashes = 1L << 22 | 1L << 57 | 1L << 60;
    ModelSettings settings =
        ModelSettings.modern()
            .offering(ModelSettings.CONTROL | pairsAndHashes)
            .without(ModelSettings.CTRL_VQ);
    try (TestDevice up = TestDevice.up(settings)) {
      assertEquals(0, up.model().driverFeatures() & (ModelSettings.CONTROL | pairsAndHashes));
      assertTrue(up.device().controlQueue().isEmpty());
      assertEquals(
          "needs CTRL_VQ, which was not accepted",
          up.device().features().whyNot(NetFeature.CTRL_RX_EXTRA).orElseThrow());
    }
  }

  /** The model has no queue beyond 2, and notes any that is set up there. */
  @Test
  @Requirement("NETVQ-IMP-01")
  void whereMultiqueueIsOfferedAndNotAcceptedTheControlQueueIsTheThird() {
    long mq = 1L << 22;
    try (TestDevice up =
        TestDevice.up(ModelSettings.modern().offering(ModelSettings.CONTROL | mq))) {
      assertEquals(0, up.model().driverFeatures() & mq);
      assertInstanceOf(Accepted.class, execute(up, PROMISCUOUS));
    }
  }

  @Test
  @Misbehaviour("H31")
  void aControlQueueThatIsMissingOrTooShortIsToldWithTheRemedy() {
    assertRefused(
        ModelSettings.modern().offering(ModelSettings.CONTROL).with(Fault.NO_CONTROL_QUEUE),
        "has no virtqueue 2");
    assertRefused(
        ModelSettings.modern().offering(ModelSettings.CONTROL).withQueueSizeMax(2),
        "has 2 descriptors");
  }

  private static void assertRefused(ModelSettings settings, String words) {
    ModelMachine machine = ModelMachine.of(settings);
    long before = machine.memory().available();
    var refused =
        assertThrows(
            VirtioException.class, () -> TestDevice.bringUp(machine, TestDevice.netSettings(2)));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(words), message);
    assertTrue(message.contains("disabled-features = [CTRL_VQ]"), message);
    assertEquals(before, machine.memory().available());
  }
}
