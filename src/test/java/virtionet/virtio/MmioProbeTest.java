package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.machine.MappedRegisters;
import virtionet.machine.Registers;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** What may stand in a slot. */
class MmioProbeTest {
  private static Finding probe(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    Finding finding = Probe.probe(registers);
    assertTrue(machine.device(0).violations().isEmpty());
    return finding;
  }

  @Test
  void aNetworkCardIsFoundBehindBothInterfaces() {
    assertEquals(
        new Finding.Device(Finding.Interface.MMIO, 1, 0x554d4551), probe(ModelSettings.modern()));
    assertEquals(
        new Finding.Device(Finding.Interface.LEGACY_MMIO, 1, 0x554d4551),
        probe(ModelSettings.legacy()));
  }

  @Test
  @Misbehaviour("H03")
  void deviceIdZeroIsAnEmptySlot() {
    assertEquals(new Finding.Empty(), probe(ModelSettings.modern().withIdentity(0x74726976, 2, 0)));
  }

  @ParameterizedTest
  @CsvSource({"2, block device", "4, entropy source", "99, device type 99"})
  @Misbehaviour("H04")
  void aDeviceOfAnotherTypeIsNamed(int type, String name) {
    var device =
        assertInstanceOf(
            Finding.Device.class, probe(ModelSettings.modern().withIdentity(0x74726976, 2, type)));
    assertEquals(name, device.typeName());
    assertEquals(false, device.isNetworkCard());
  }

  @ParameterizedTest
  @CsvSource({
    "0x00000000, 2, its magic is 0x00000000",
    "0xffffffff, 2, its magic is 0xffffffff",
    "0x74726976, 0, version 0",
    "0x74726976, 3, version 3",
    "0x74726976, 0xffffffff, version 4294967295"
  })
  @Requirement({"MMIO-DRV-06", "MMIO-DRV-07", "MMIO-DRV-08", "MMIO-DRV-09"})
  @Misbehaviour({"H01", "H02"})
  void aWrongMagicOrVersionIsUnusableAndSaysWhy(String magic, String version, String why) {
    ModelSettings settings =
        ModelSettings.modern()
            .withIdentity(Long.decode(magic).intValue(), Long.decode(version).intValue(), 1);
    var unusable = assertInstanceOf(Finding.Unusable.class, probe(settings));
    assertTrue(unusable.reason().contains(why), unusable.reason());
  }

  @Test
  @Misbehaviour("H07")
  void aWindowThatIsTooShortIsUnusable() {
    var registers = new MappedRegisters(MemorySegment.ofArray(new int[32]));
    var unusable = assertInstanceOf(Finding.Unusable.class, Probe.probe(registers));
    assertTrue(unusable.reason().contains("128 bytes"), unusable.reason());
  }
}
