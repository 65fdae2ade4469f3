package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.testing.RequiresQemu;

/** A demo that does not come to its own end: nothing may be left of it. */
@RequiresQemu
class DemoEndTest {
  /** Takes minutes. */
  private static final String LONG_DEMO = "demo --count 5000000";

  @TempDir private Path folder;
  private QemuWitness qemu;

  @BeforeEach
  void watchQemu() throws IOException {
    qemu = new QemuWitness(folder);
  }

  @ParameterizedTest
  @CsvSource({"INT,130,Slots", "INT,130,UDP echo", "TERM,143,UDP echo"})
  void anInterruptedDemoSaysSoAndLeavesNothing(String signal, int code, String when)
      throws Exception {
    try (var demo = ChildCli.start(qemu, LONG_DEMO)) {
      demo.awaitOutput(when);
      demo.signal(signal);
      assertEquals(code, demo.exitCode(), demo::toString);
      assertEquals("demo failed: interrupted", demo.lines().getLast());
      assertEquals(List.of(), demo.errors());
    }
    qemu.awaitNothingLeft();
  }

  @Test
  void aKilledDemoLeavesNoQemuBehind() throws Exception {
    try (var demo = ChildCli.start(qemu, LONG_DEMO)) {
      demo.awaitOutput("UDP echo");
      demo.signal("KILL");
      assertEquals(137, demo.exitCode());
    }
    qemu.awaitNothingLeft();
  }

  @ParameterizedTest
  @CsvSource({
    "Slots of the device tree, 'demo failed: .*'",
    "UDP echo, 'demo failed: lease 10.0.2.15, 5/5 pings, \\d+/5000000 datagrams: .*'"
  })
  void whenQemuDiesTheDemoFailsWithTheCause(String when, String lastLine) throws Exception {
    try (var demo = ChildCli.start(qemu, LONG_DEMO)) {
      demo.awaitOutput(when);
      long pid = qemu.machine().qemu();
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      assertEquals(1, demo.exitCode(), demo::toString);
      String said = demo.lines().getLast();
      assertTrue(said.matches(lastLine), said);
      assertTrue(said.contains("QEMU (process " + pid + ") ended with code 137"), said);
    }
    qemu.awaitNothingLeft();
  }
}
