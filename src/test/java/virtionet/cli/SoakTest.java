package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.cli.soak.FaultKind;
import virtionet.testing.RequiresQemu;

/** QEMU is broken again and again under traffic, and nothing is lost but what is said. */
@RequiresQemu
class SoakTest {
  @TempDir private Path folder;

  @Test
  void eachKindOfFaultIsSurvivedOnAnArmMachineToo() {
    InProcess soak =
        InProcess.run(
            "soak", "--arch", "aarch64", "--minutes", "0.6", "--pause", "0.5", "--seed", "20");
    assertEquals(0, soak.code(), () -> soak.output() + soak.errors());
    Lines.assertInOrder(
        soak.lines(),
        Stream.of(FaultKind.values())
            .map(kind -> "  " + kind + " +([1-9][0-9]*) +\\1 .*")
            .toList());
  }

  /** What CI runs of the soak; {@code -DexcludedGroups=soak} leaves it out. */
  @Test
  @Tag("soak")
  void twoMinutesLoseNothing() {
    InProcess soak = InProcess.run("soak", "--minutes", "2");
    soak.lines().forEach(System.out::println);
    assertEquals(0, soak.code(), () -> soak.output() + soak.errors());
    Lines.assertInOrder(
        soak.lines(),
        List.of(
            "2.0 minutes, a fault about every 2.5 s: needs-reset, .*; seed -?[0-9]+",
            "QEMU [0-9.]+ riscv64 virt, virtio_mmio@10008000",
            "  fault +provoked +survived +recoveries +noticed +up p50 .*",
            "  needs-reset +([1-9][0-9]*) +\\1 .*",
            "  kill +([1-9][0-9]*) +\\1 .*",
            "  [0-9,]+ +given to the driver",
            "  0 +changed, of nobody, or a second time",
            "  heap after collection +.* MiB +.* MiB",
            "soak passed: [0-9]+ faults in 2:[0-9]+, .*; 0 buffers lost; memory flat"));
  }

  @Test
  void anInterruptedSoakSaysWhatItHasFoundSoFar() throws Exception {
    var qemu = new QemuWitness(folder);
    try (var soak = ChildCli.start(qemu, "soak --minutes 10 --pause 0.5 --faults restart,actor")) {
      soak.awaitOutput(" faults, ");
      soak.signal("INT");
      assertEquals(130, soak.exitCode(), soak::toString);
      String last = soak.lines().getLast();
      assertTrue(last.startsWith("soak passed: "), last);
      assertEquals(List.of(), soak.errors());
    }
    qemu.awaitNothingLeft();
  }

  @Test
  void withoutAQemuItEndsWith3() {
    InProcess soak = InProcess.run("soak", "--qemu", folder.resolve("none").toString());
    assertEquals(3, soak.code(), soak.errors());
    assertTrue(soak.errors().contains("none"), soak.errors());
  }
}
