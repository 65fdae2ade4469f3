package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.conformance.RegisterLog.Access;
import virtionet.machine.ForwardingRegisters;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.Requirement;

/** How a device is brought up and let go: VirtIO 1.3 §2.1, §3.1, §3.3. */
class InitialisationTest {
  private static final int DRIVER_FEATURES = 0x020;
  private static final int QUEUE_SEL = 0x030;
  private static final int QUEUE_PFN = 0x040;
  private static final int QUEUE_READY = 0x044;
  private static final int NOTIFY = 0x050;
  private static final int STATUS = 0x070;
  private static final int CONFIG = 0x100;

  @Test
  @Requirement({
    "STS-DRV-01",
    "INIT-DRV-01",
    "INIT-DRV-02",
    "INIT-DRV-03",
    "INIT-DRV-04",
    "INIT-DRV-05",
    "INIT-DRV-08",
    "INIT-DRV-12",
    "MMIO-DRV-29"
  })
  void eachStatusBitIsSetAfterTheStepThatItStandsFor() {
    try (Card card = Card.up(ModelSettings.modern())) {
      assertEquals(List.of(0, 1, 3, 11, 15), card.log().written(STATUS));
      int driver = card.log().firstWrite(STATUS, 3);
      int featuresOk = card.log().firstWrite(STATUS, 11);
      int driverOk = card.log().firstWrite(STATUS, 15);
      assertEquals(2, writes(card, DRIVER_FEATURES, driver, featuresOk), "words of features");
      assertEquals(2, writes(card, QUEUE_READY, featuresOk, driverOk), "queues");
    }
  }

  private static long writes(Card card, int register, int from, int to) {
    return card.log().accesses().subList(from, to).stream()
        .filter(access -> access.writes(register))
        .count();
  }

  @Test
  @Requirement({"INIT-LEG-01", "FEAT-LEG-02"})
  void aLegacyDeviceTakesTheSameStepsWithoutFeaturesOk() {
    try (Card card = Card.up(ModelSettings.legacy())) {
      assertEquals(List.of(0, 1, 3, 7), card.log().written(STATUS));
      int driver = card.log().firstWrite(STATUS, 3);
      int driverOk = card.log().firstWrite(STATUS, 7);
      assertEquals(1, writes(card, DRIVER_FEATURES, driver, driverOk), "words of features");
      assertEquals(2, writes(card, QUEUE_PFN, driver, driverOk), "queues");
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"INIT-DRV-11", "NETINIT-IMP-01"})
  void theReceiveQueueIsFullWhenTheDeviceIsStarted(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    List<Integer> waiting = new ArrayList<>();
    try (Card card =
        Card.up(
            machine,
            device ->
                new ForwardingRegisters(device) {
                  @Override
                  public void write32(long offset, int value) {
                    if (offset == STATUS && (value & 4) != 0) {
                      waiting.add(machine.device(0).waiting(0));
                    }
                    super.write32(offset, value);
                  }
                })) {
      int buffers = card.device().receiveQueue().posted();
      assertTrue(buffers >= Card.QUEUE_SIZE / 2);
      assertEquals(List.of(buffers), waiting);
    }
  }

  @Test
  @Requirement("INIT-DRV-10")
  void featuresOkIsReadBackBeforeAQueueIsTouched() {
    try (Card card = Card.up(ModelSettings.modern())) {
      List<Access> after =
          card.log()
              .accesses()
              .subList(card.log().firstWrite(STATUS, 11) + 1, card.log().firstWrite(QUEUE_SEL, 0));
      assertTrue(after.stream().anyMatch(access -> access.reads(STATUS)), after::toString);
    }
    var refused = Card.refused(ModelSettings.modern().with(Fault.REFUSES_FEATURES));
    assertEquals(List.of(), refused.log().written(QUEUE_SEL));
  }

  @ParameterizedTest
  @MethodSource("failures")
  @Requirement({"INIT-DRV-13", "INIT-DRV-14", "STS-DRV-03", "FEAT-DRV-09"})
  void aDeviceThatCannotBeBroughtUpIsToldSoAndOnlyResetAfterwards(ModelSettings settings) {
    var refused = Card.refused(settings);
    assertOnlyAResetFollowsFailed(refused.log());
    // The next attempt begins with a reset as well.
    var again = Card.refused(refused.machine());
    assertOnlyAResetFollowsFailed(again.log());
    assertEquals(0, again.log().written(STATUS).getFirst());
  }

  static List<ModelSettings> failures() {
    return List.of(
        ModelSettings.modern().without(ModelSettings.VERSION_1),
        ModelSettings.modern().with(Fault.REFUSES_FEATURES),
        ModelSettings.modern().with(Fault.QUEUES_NOT_READY),
        ModelSettings.legacy().with(Fault.QUEUES_NOT_READY),
        ModelSettings.legacy().withQueueSizeMax(0));
  }

  private static void assertOnlyAResetFollowsFailed(RegisterLog log) {
    List<Integer> statuses = log.written(STATUS);
    int failed = statuses.get(statuses.size() - 2);
    assertEquals(128, failed & 128, () -> "FAILED was not said: " + statuses);
    List<Access> after =
        log.accesses().subList(log.firstWrite(STATUS, failed) + 1, log.accesses().size());
    assertEquals("w32 0x070 0x0", after.getFirst().toString());
    assertTrue(after.stream().skip(1).allMatch(access -> access.reads(STATUS)), after::toString);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"STS-DRV-02", "STS-DRV-03"})
  void aStatusBitThatIsSetStaysSetUntilTheReset(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    try (Card card = Card.up(machine, device -> device)) {
      card.traffic(1);
      card.device().fail();
      card.device().end();
      card.device().kept().end();
      try (Card next = Card.up(machine, device -> device)) {
        next.traffic(2);
      }
      List<Integer> statuses = card.model().statusWrites();
      for (int i = 1; i < statuses.size(); i++) {
        int before = statuses.get(i - 1);
        int now = statuses.get(i);
        assertTrue(now == 0 || (before & ~now) == 0, statuses::toString);
        assertTrue((before & 128) == 0 || now == 0, statuses::toString);
      }
      assertTrue(statuses.stream().anyMatch(status -> (status & 128) != 0), "FAILED was said");
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement("INIT-DRV-15")
  void noDoorbellRingsBeforeDriverOk(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.traffic(1);
      List<Access> accesses = card.log().accesses();
      int driverOk = card.log().firstWrite(STATUS, settings.isLegacy() ? 7 : 15);
      List<Access> before = accesses.subList(0, driverOk);
      assertFalse(before.stream().anyMatch(access -> access.writes(NOTIFY)), before::toString);
      assertFalse(card.log().written(NOTIFY).isEmpty(), "there was no doorbell at all");
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"INIT-DRV-06", "INIT-DRV-07", "NETCFG-DRV-01"})
  void theConfigurationIsReadAndNeverWritten(ModelSettings settings) {
    try (Card card = Card.up(settings.withMtu(1500))) {
      card.traffic(1);
      card.model().setLink(false);
      card.device().readLink();
      List<Access> config =
          card.log().accesses().stream().filter(access -> access.offset() >= CONFIG).toList();
      assertTrue(config.size() > 8, config::toString);
      assertTrue(config.stream().noneMatch(Access::write), config::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"INIT-DRV-09", "FEAT-IMP-01"})
  void noFeatureIsAcceptedOnceTheNextStepWasTaken(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.traffic(1);
      int taken = card.log().firstWrite(STATUS, settings.isLegacy() ? 7 : 11);
      List<Access> accesses = card.log().accesses();
      List<Access> after = accesses.subList(taken, accesses.size());
      assertTrue(after.stream().noneMatch(access -> access.writes(DRIVER_FEATURES)));
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"CLEAN-DRV-02", "RST-DRV-01"})
  void memoryIsGivenBackOnlyOnceTheResetIsConfirmed(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    List<Long> available = new ArrayList<>();
    int[] readings = {0};
    Card card =
        Card.up(
            machine,
            device ->
                new ForwardingRegisters(device) {
                  private int ending;

                  @Override
                  public void write32(long offset, int value) {
                    if (offset == STATUS && value == 0 && machine.device(0).status() != 0) {
                      ending = 4;
                    }
                    super.write32(offset, value);
                  }

                  // A reset that takes its time.
                  @Override
                  public int read32(long offset) {
                    int value = super.read32(offset);
                    if (offset != STATUS || ending == 0) {
                      return value;
                    }
                    readings[0]++;
                    available.add(machine.memory().available());
                    return --ending == 0 ? 0 : 15;
                  }
                });
    long whileUp = machine.memory().available();
    card.send(Card.frame(1, 60));
    card.close();
    assertEquals(4, readings[0]);
    assertEquals(List.of(whileUp, whileUp, whileUp, whileUp), available);
    assertTrue(whileUp < Card.MEMORY);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-16", "MMIO-DRV-17", "MMIO-LEG-06"})
  void aQueueInUseIsStoppedOnlyByAResetThatIsReadBack(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.traffic(1);
      card.device().end();
      int register = settings.isLegacy() ? QUEUE_PFN : QUEUE_READY;
      assertFalse(card.log().written(register).contains(0), "stopped without a reset");
      List<Access> accesses = card.log().accesses();
      assertEquals("w32 0x070 0x0", accesses.get(accesses.size() - 2).toString());
      assertEquals("r32 0x070 0x0", accesses.getLast().toString());
    }
  }
}
