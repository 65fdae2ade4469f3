package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.conformance.RegisterLog.Access;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** How the registers of virtio-mmio are used: VirtIO 1.3 §4.2. */
class RegistersTest {
  private static final Set<Integer> READ_ONLY =
      Set.of(0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x060, 0x0fc);
  private static final Set<Integer> WRITE_ONLY =
      Set.of(
          0x014, 0x020, 0x024, 0x030, 0x038, 0x050, 0x064, 0x080, 0x084, 0x090, 0x094, 0x0a0,
          0x0a4);
  private static final Set<Integer> BOTH_WAYS = Set.of(0x044, 0x070);
  private static final Set<Integer> LEGACY_READ_ONLY =
      Set.of(0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x060);
  private static final Set<Integer> LEGACY_WRITE_ONLY =
      Set.of(0x014, 0x020, 0x024, 0x028, 0x030, 0x038, 0x03c, 0x050, 0x064);
  private static final Set<Integer> LEGACY_BOTH_WAYS = Set.of(0x040, 0x070);

  private static List<Access> life(ModelSettings settings) {
    Card card = Card.up(settings);
    card.traffic(1);
    card.model().setLink(false);
    card.device().takeInterrupts();
    card.device().readLink();
    card.device().health();
    card.close();
    return card.log().accesses();
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-01", "MMIO-DRV-02", "MMIO-DRV-03", "MMIO-DRV-28", "MMIO-LEG-01"})
  void onlyRegistersThatThereAreAreTouchedAndInTheirDirection(ModelSettings settings) {
    boolean legacy = settings.isLegacy();
    Set<Integer> readable = new HashSet<>(legacy ? LEGACY_READ_ONLY : READ_ONLY);
    readable.addAll(legacy ? LEGACY_BOTH_WAYS : BOTH_WAYS);
    Set<Integer> writable = new HashSet<>(legacy ? LEGACY_WRITE_ONLY : WRITE_ONLY);
    writable.addAll(legacy ? LEGACY_BOTH_WAYS : BOTH_WAYS);
    for (Access access : life(settings)) {
      assertTrue(
          access.offset() >= 0x100
              || (access.write() ? writable : readable).contains(access.offset()),
          access::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement("MMIO-DRV-04")
  void registersAreReadAndWrittenInAligned32Bits(ModelSettings settings) {
    for (Access access : life(settings)) {
      assertTrue(
          access.offset() >= 0x100 || (access.bits() == 32 && access.offset() % 4 == 0),
          access::toString);
    }
  }

  @ParameterizedTest
  @CsvSource({"0x12345678, 2, 1", "0x76697274, 2, 1", "0x74726976, 3, 1", "0x74726976, 2, 0"})
  @Requirement({
    "MMIO-DRV-06",
    "MMIO-DRV-08",
    "MMIO-DRV-10",
    "MMIO-DRV-24",
    "MMIO-DRV-26",
    "MMIO-DRV-27"
  })
  @Misbehaviour({"H01", "H02", "H03", "H04"})
  void aSlotWithoutAVirtioDeviceIsLeftAloneAfterTheFirstWrongRegister(
      String magic, int version, int device) {
    List<String> accesses = probe(Integer.decode(magic), version, device);
    boolean wrongMagic = !magic.equals("0x74726976");
    int last = wrongMagic ? 1 : version != 2 ? 2 : 3;
    assertEquals(List.of("r32 0x000", "r32 0x004", "r32 0x008").subList(0, last), accesses);
  }

  /** The accesses of a probe, without values. */
  private static List<String> probe(int magic, int version, int device) {
    ModelSettings settings = ModelSettings.modern().withIdentity(magic, version, device);
    var log = new RegisterLog(ModelMachine.of(settings).device(0));
    Finding found = Probe.probe(log);
    assertEquals(device != 0 && version == 2 && magic == 0x74726976, isDevice(found));
    return log.accesses().stream()
        .map(access -> access.toString().substring(0, "r32 0x000".length()))
        .toList();
  }

  private static boolean isDevice(Finding found) {
    return found instanceof Finding.Device;
  }

  @Test
  @Requirement("MMIO-DRV-11")
  @Misbehaviour("H03")
  void anEmptySlotIsNoError() {
    ModelSettings empty = ModelSettings.modern().withIdentity(0x74726976, 2, 0);
    assertInstanceOf(Finding.Empty.class, Probe.probe(ModelMachine.of(empty).device(0)));
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-24", "MMIO-DRV-25"})
  void aDeviceIsKnownByItsMagicItsVersionAndThenItsId(ModelSettings settings) {
    List<Integer> offsets = life(settings).stream().map(Access::offset).limit(3).toList();
    assertEquals(List.of(0x000, 0x004, 0x008), offsets);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-12", "MMIO-DRV-13", "MMIO-LEG-08"})
  void eachWordOfFeaturesIsSelectedRightBeforeItIsUsed(ModelSettings settings) {
    List<Integer> words = new ArrayList<>();
    int deviceWord = -1;
    int driverWord = -1;
    for (Access access : life(settings)) {
      if (access.writes(0x014)) {
        deviceWord = access.value();
      } else if (access.writes(0x024)) {
        driverWord = access.value();
      } else if (access.reads(0x010)) {
        words.add(deviceWord);
      } else if (access.writes(0x020)) {
        words.add(driverWord);
      }
    }
    assertEquals(settings.isLegacy() ? List.of(0, 0) : List.of(0, 1, 0, 1), words);
  }

  static Stream<ModelSettings> sizes() {
    return Stream.of(1, 2, 3, 5, 7, 8, 1000)
        .flatMap(
            size ->
                Stream.of(
                    ModelSettings.modern().withQueueSizeMax(size),
                    ModelSettings.legacy().withQueueSizeMax(size)));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  @Requirement({"MMIO-DRV-14", "SPLIT-LEG-01", "SPLIT-IMP-01"})
  void aQueueIsAPowerOfTwoThatTheDeviceAllows(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      List<Integer> sizes = card.log().written(0x038);
      assertEquals(2, sizes.size());
      for (int size : sizes) {
        assertTrue(size >= 1 && size <= settings.queueSizeMax(), sizes::toString);
        assertEquals(1, Integer.bitCount(size), sizes::toString);
      }
      for (int number = 0; number < 20; number++) {
        card.traffic(number);
      }
    }
  }

  @Test
  @Requirement({"MMIO-DRV-15", "MMIO-IMP-01"})
  void aQueueIsSetUpOnceAndNotTouchedAgainWhileItIsReady() {
    for (int queue = 0; queue < 2; queue++) {
      List<Integer> registers = new ArrayList<>();
      int selected = -1;
      for (Access access : life(ModelSettings.modern())) {
        selected = access.writes(0x030) ? access.value() : selected;
        if (selected == queue && access.offset() >= 0x034 && access.offset() <= 0x0a4) {
          registers.add(access.offset());
        }
      }
      registers.removeAll(List.of(0x050, 0x060, 0x064, 0x070));
      assertEquals(
          List.of(0x044, 0x034, 0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x044, 0x044),
          registers);
    }
  }

  @Test
  @Requirement({"MMIO-LEG-03", "MMIO-LEG-05", "MMIO-LEG-07", "MMIO-LEG-02", "MMIO-LEG-04"})
  void aLegacyQueueIsSetUpInItsOrderAndAfterThePageSize() {
    List<String> steps =
        life(ModelSettings.legacy()).stream()
            .filter(access -> access.offset() >= 0x028 && access.offset() <= 0x040)
            .map(access -> access.toString().substring(0, "w32 0x000".length()))
            .toList();
    List<String> each =
        List.of(
            "w32 0x030",
            "r32 0x040",
            "w32 0x030",
            "r32 0x034",
            "w32 0x030",
            "w32 0x038",
            "w32 0x03c",
            "w32 0x040",
            "r32 0x040");
    List<String> expected = new ArrayList<>(List.of("w32 0x028"));
    expected.addAll(each);
    expected.addAll(each);
    assertEquals(expected, steps);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-IMP-02", "NOTIF-IMP-01"})
  void aDoorbellCarriesTheQueuesIndex(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.traffic(1);
      assertEquals(Set.of(0, 1), Set.copyOf(card.log().written(0x050)));
    }
  }
}
