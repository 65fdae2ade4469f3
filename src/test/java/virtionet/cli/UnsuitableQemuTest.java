package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A QEMU that was named and does not serve: the environment lacks something, and it is said. */
class UnsuitableQemuTest {
  @ParameterizedTest
  @CsvSource({
    "/nonexistent, /nonexistent is no program that can be run: name a qemu-system-riscv64",
    "/tmp, /tmp is no program that can be run: name a qemu-system-riscv64",
    "/bin/true, /bin/true is not QEMU",
    "/bin/cat, /bin/cat is not QEMU"
  })
  void aProgramThatIsNotQemuEndsWith3AndTheRemedy(String program, String said) {
    InProcess demo = InProcess.run("demo", "--qemu", program);
    assertEquals(3, demo.code());
    assertTrue(demo.lines().getLast().startsWith("demo failed: " + said), demo::output);
    assertTrue(demo.lines().getLast().contains("name a qemu-system-riscv64"), demo::output);
    assertEquals("", demo.errors());

    InProcess probe = InProcess.run("probe", "--qemu", program);
    assertEquals(3, probe.code());
    assertTrue(probe.errors().startsWith("virtionet: " + said), probe.errors());
  }
}
