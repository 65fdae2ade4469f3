package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.testing.RequiresQemu;

/** The demo in a JVM of its own, as a newcomer sees it. */
@RequiresQemu
class DemoTest {
  private static final String MAC = "52:54:00:12:34:56";

  @TempDir private Path folder;
  private QemuWitness qemu;

  @BeforeEach
  void watchQemu() throws IOException {
    qemu = new QemuWitness(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "demo                                      | riscv64 | 10000 | version 2",
        "demo --arch aarch64 --count 300           | aarch64 | 300   | version 2",
        "demo --legacy --count 300                 | riscv64 | 300   | legacy .version 1.",
        "demo --arch aarch64 --legacy --count 300  | aarch64 | 300   | legacy .version 1."
      })
  void itPassesOnEachMachineAndShowsTheWholeWay(
      String words, String architecture, int count, String version) throws Exception {
    try (var demo = ChildCli.start(qemu, words)) {
      assertEquals(0, demo.exitCode(), demo::toString);
      assertEquals(
          "demo passed: lease 10.0.2.15, 5/5 pings, %d/%d datagrams".formatted(count, count),
          demo.lines().getLast());
      Lines.assertInOrder(demo.lines(), steps(architecture, version, "%,d".formatted(count)));
      assertEquals(List.of(), demo.errors());
      assertPlain(demo);
    }
    qemu.awaitNothingLeft();
  }

  private static List<String> steps(String architecture, String version, String count) {
    List<String> steps = new ArrayList<>();
    steps.add("Starting QEMU: the " + architecture + " virt machine, .*");
    steps.add("QEMU [0-9.]+ " + architecture + " virt runs");
    steps.add("Slots of the device tree.*");
    steps.add(".* slots, empty");
    steps.add("  0x[0-9a-f]{8} +\\d+ +network card, " + version + ", vendor 0x554d4551");
    steps.add("Features");
    steps.add("  3 +MTU +- +yes +- +not offered");
    steps.add("  5 +MAC +yes +yes +yes");
    steps.add("  15 +MRG_RXBUF +yes +yes +yes");
    steps.add("Device [a-z_]+@[0-9a-f]+");
    steps.add("  MAC +" + MAC);
    steps.add("  link +up");
    steps.add("  MTU +1500");
    steps.add("  speed +the device does not say");
    steps.add("DHCP");
    steps.add("  address +10.0.2.15/24");
    steps.add("  server +10.0.2.2");
    steps.add("  gateway +10.0.2.2");
    steps.add("  DNS +10.0.2.3");
    steps.add("  lease +86,400 s");
    steps.add("Ping 10.0.2.2");
    for (int sequence = 1; sequence <= 5; sequence++) {
      steps.add("  56 bytes from 10.0.2.2: seq %d, ttl 255, [0-9.]+ ms".formatted(sequence));
    }
    steps.add("  5 sent, 5 received, 0 % loss; round trip min [0-9.]+, avg [0-9.]+, max .* ms");
    steps.add("UDP echo");
    steps.add("  " + count + " datagrams of mixed sizes to the host's loopback, port \\d+, .*");
    steps.add("  %s of %s came back whole: [0-9,]+ bytes in .* s, .*".formatted(count, count));
    steps.add("  round trip .*: p50 .* ms, p90 .* ms, p99 .* ms, p99.9 .* ms, max .* ms");
    steps.add("Counters of the device's two queues");
    steps.add("  [0-9,]+ +frames received .*");
    steps.add("  [0-9,]+ +frames transmitted .*");
    steps.add("  [0-9,]+ +interrupts .*");
    return steps;
  }

  private static void assertPlain(ChildCli demo) {
    for (String line : demo.lines()) {
      assertTrue(
          line.chars().noneMatch(Character::isISOControl),
          () -> "control characters where there is no terminal: " + line);
    }
  }

  @Test
  void itsNumbersAreReadByScriptsInEveryLocale() throws Exception {
    // Where Java's formats write ٦٤ for 64, and QEMU would not understand it.
    List<String> egypt = List.of("-Duser.language=ar", "-Duser.country=EG");
    try (var demo = ChildCli.start(qemu, egypt, "demo --count 50")) {
      assertEquals(0, demo.exitCode(), demo::toString);
      assertEquals(
          "demo passed: lease 10.0.2.15, 5/5 pings, 50/50 datagrams", demo.lines().getLast());
      Lines.assertInOrder(
          demo.lines(), List.of("  lease +86,400 s", "  50 of 50 came back whole: [0-9,]+ .*"));
    }
  }

  @Test
  void verboseShowsTheDriversLogOnStandardError() throws Exception {
    try (var demo = ChildCli.start(qemu, "demo --verbose --count 10")) {
      assertEquals(0, demo.exitCode(), demo::toString);
      Lines.assertInOrder(
          demo.errors(),
          List.of(
              ".* DEBUG .* - MAC address: " + MAC,
              ".* INFO .* is up: MAC " + MAC + ", MTU 1500, link up",
              ".* was reset"));
      assertEquals(
          "demo passed: lease 10.0.2.15, 5/5 pings, 10/10 datagrams", demo.lines().getLast());
    }
  }
}
