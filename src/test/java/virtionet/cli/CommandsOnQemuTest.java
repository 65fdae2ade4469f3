package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.testing.RequiresQemu;

/** {@code probe} and {@code ping} on a machine of QEMU. */
@RequiresQemu
class CommandsOnQemuTest {
  @ParameterizedTest
  @CsvSource({
    "probe,riscv64,version 2,virtio_mmio@10008000",
    "probe --arch aarch64 --legacy,aarch64,legacy .version 1.,virtio_mmio@a003e00"
  })
  void probeListsTheSlotsAndTheNetworkDevice(
      String words, String architecture, String version, String device) {
    InProcess probe = InProcess.run(words.split(" "));
    assertEquals(0, probe.code(), probe.errors());
    Lines.assertInOrder(
        probe.lines(),
        List.of(
            "QEMU [0-9.]+ " + architecture + " virt",
            "Slots of the device tree.*",
            "  0x[0-9a-f]+ +\\d+ +network card, " + version + ", .*",
            "Network devices",
            "  device +MAC +MTU +link",
            "  " + device + " +52:54:00:12:34:56 +1500 +up"));
  }

  @Test
  void probeTellsOfEachFeatureWhetherItIsInUseAndWhyNot() {
    InProcess probe = InProcess.run("probe", "--features");
    assertEquals(0, probe.code(), probe.errors());
    Lines.assertInOrder(
        probe.lines(),
        List.of(
            "Features of virtio_mmio@10008000",
            "  bit +feature +offered +wanted +accepted +why not",
            "  3 +MTU +- +yes +- +not offered",
            "  17 +CTRL_VQ +yes +yes +yes",
            "  19 +CTRL_VLAN +yes +yes +yes",
            "  53 +NOTF_COAL +- +yes +- +not offered"));
  }

  @Test
  void qemuStartsWhateverDigitsTheLocaleHas() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.of("ar", "EG"));
    try {
      InProcess probe = InProcess.run("probe");
      assertEquals(0, probe.code(), probe.errors());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void pingShowsEachAnswerAndTheLoss() {
    InProcess ping = InProcess.run("ping", "10.0.2.2");
    assertEquals(0, ping.code(), ping.errors());
    List<String> shown = new ArrayList<>();
    shown.add("ping 10.0.2.2 from 10.0.2.15 \\(52:54:00:12:34:56\\), 56 bytes of data");
    for (int sequence = 1; sequence <= 5; sequence++) {
      shown.add("56 bytes from 10.0.2.2: seq %d, ttl 255, [0-9.]+ ms".formatted(sequence));
    }
    shown.add("5 sent, 5 received, 0 % loss; round trip min .*, avg .*, max .* ms");
    Lines.assertInOrder(ping.lines(), shown);
    assertEquals(shown.size(), ping.lines().size(), ping::output);
  }

  @Test
  void pingOfAnAddressThatNobodyHasEndsWith1AndTellsWhy() {
    InProcess ping = InProcess.run("ping", "10.0.2.77", "--count", "2");
    assertEquals(1, ping.code());
    String noAnswer = "no answer: no station answers for 10.0.2.77: \\d+ ARP requests .*";
    Lines.assertInOrder(
        ping.lines(), List.of(noAnswer, noAnswer, "2 sent, 0 received, 100 % loss"));
    assertEquals("", ping.errors());
  }

  @Test
  void aQemuOfAnotherArchitectureEndsWith3() {
    Path other = QemuWitness.onPath(QemuArchitecture.AARCH64);
    InProcess demo = InProcess.run("demo", "--qemu", other.toString());
    assertEquals(3, demo.code());
    assertEquals(
        "demo failed: "
            + other
            + " is a QEMU for aarch64, not for riscv64: name a qemu-system-riscv64",
        demo.lines().getLast());
  }
}
