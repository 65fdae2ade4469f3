package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;

/** The referee before the model's registers sees each broken rule. */
class RegisterRulesTest {
  /** A driver that does all as it should: r is a read, w a write, of a register and a value. */
  private static final String MODERN =
      """
      r000 r004 r008 w070=0 r070 w070=1 w070=3 w014=0 r010 w014=1 r010 w024=0 w020=20 w024=1 w020=1 w070=b r070
      w030=0 r044 r034 w038=8 w080=80000000 w084=0 w090=80000080 w094=0 w0a0=800000c0 w0a4=0 w044=1
      w030=1 r044 r034 w038=8 w080=80001000 w084=0 w090=80001080 w094=0 w0a0=800010c0 w0a4=0 w044=1
      w070=f r060\
      """;

  private static final String LEGACY =
      """
      r000 r004 r008 w070=0 r070 w070=1 w070=3 w014=0 r010 w024=0 w020=20 w028=1000
      w030=0 r040 r034 w038=8 w03c=1000 w040=80000 w030=1 r040 r034 w038=8 w03c=1000 w040=80010 w070=7\
      """;

  private static List<String> violations(ModelSettings settings, String accesses) {
    ModelMachine machine = ModelMachine.of(settings);
    List<String> violations = new ArrayList<>();
    Registers registers = new RegisterRules(new Tolerant(machine.device(0)), violations::add);
    for (String access : accesses.strip().split("\\s+", -1)) {
      int offset = Integer.parseInt(access.substring(1, 4), 16);
      switch (access.charAt(0)) {
        case 'r' -> registers.read32(offset);
        case 'b' -> registers.read8(offset);
        case 'h' -> registers.read16(offset);
        case 'n' -> registers.write8(offset, 0);
        default -> registers.write32(offset, Integer.parseUnsignedInt(access.substring(5), 16));
      }
    }
    return violations;
  }

  /** A device that takes everything, as some do. */
  private static final class Tolerant extends ForwardingRegisters {
    private Tolerant(NetDeviceModel device) {
      super(device);
    }

    @Override
    public void write32(long offset, int value) {
      boolean ring = offset == 0x040 || offset == 0x044 || offset == 0x050;
      if (!ring) {
        super.write32(offset, value);
      }
    }
  }

  @Test
  void aGoodDriverHearsNothing() {
    assertEquals(List.of(), violations(ModelSettings.modern(), MODERN));
    assertEquals(List.of(), violations(ModelSettings.modern(), MODERN + " w050=1 w070=0 r070"));
    assertEquals(List.of(), violations(ModelSettings.legacy(), LEGACY));
    assertEquals(List.of(), violations(ModelSettings.legacy(), LEGACY + " w050=1 w070=0 r070"));
  }

  @ParameterizedTest
  @CsvSource({
    "r000, '', before magic",
    "w070=0 r070, '', before a reset",
    "w070=0 r070, w070=0, before a reset",
    "w070=1, w070=2, not in order",
    "w070=3, '', steps were skipped",
    "r010, '', before they were read",
    "w014=1, w014=2, DeviceFeaturesSel Optional[2]",
    "w020=20, w020=10, features 0x10 accepted that were not offered",
    "w020=1, w020=0, VERSION_1 is not accepted",
    "w024=1 w020=1, '', words of features written: 0x1",
    "w070=b r070, w070=b, FEATURES_OK was not read back",
    "w030=0, '', before QueueSel",
    "r034, '', QueueSize 8 where the largest is -1",
    "w038=8, w038=1000, QueueSize 4096",
    "w038=8, '', has no size",
    "w094=0, '', with the addresses",
    "r044, '', was not looked at",
    "w070=f, w050=0 w070=f, doorbell before DRIVER_OK",
    "w070=f, w070=f w050=2, doorbell 0x2 of no queue",
    "w070=f, w070=f w038=8, of a queue that is in use",
    "w070=f, w070=f w090=8, of a queue that is in use",
    "w070=f, w070=f w070=b, taken back",
    "w070=f, w070=f w044=0 w030=1, not read back",
    "w070=f, w070=8b w070=f, after FAILED",
    "w070=f, w070=8b w030=0, after FAILED",
    "w070=f, w070=f w020=20, features accepted in status 0xf",
    "r060, w064=1, acknowledges 0x1",
    "r060, w064=4, acknowledges 0x4",
    "r060, r014, read of register 0x14",
    "r060, w034=1, write of register 0x34",
    "r060, r0b0, read of register 0xb0",
    "r060, r028, read of register 0x28",
    "r060, b060, a register has 4",
    "r060, n070, no register is so narrow",
    "r060, r100, read of 4 bytes of a field of 1",
    "r060, h10a, whose feature is not offered",
    "r060, h107, where no field begins",
    "r060, w106=1, write of the configuration",
  })
  void aModernDriverThatBreaksARuleIsReported(String step, String instead, String report) {
    assertReported(ModelSettings.modern(), MODERN, step, instead, report);
  }

  @ParameterizedTest
  @CsvSource({
    "w070=7, w070=b, FEATURES_OK is not known",
    "w028=1000, '', GuestPageSize",
    "w070=7, w028=1000 w070=7, after a queue was touched",
    "w03c=1000, '', before QueueAlign",
    "w03c=1000, w03c=1001, no power of two",
    "w070=7, r034 w070=7, while QueuePFN is not 0",
    "w070=7, w070=7 r044, read of register 0x44",
    "w070=7, w070=7 r0fc, read of register 0xfc",
    "w014=0, w014=1, DeviceFeaturesSel Optional[1]",
  })
  void aLegacyDriverThatBreaksARuleIsReported(String step, String instead, String report) {
    assertReported(ModelSettings.legacy(), LEGACY, step, instead, report);
  }

  private static void assertReported(
      ModelSettings settings, String good, String step, String instead, String report) {
    assertTrue(good.contains(step), "the test's mistake");
    int at = good.indexOf(step);
    String broken = good.substring(0, at) + instead + good.substring(at + step.length());
    List<String> violations = violations(settings, broken);
    assertTrue(violations.stream().anyMatch(v -> v.contains(report)), violations::toString);
  }
}
