package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs that are talked with, played by a shell. */
@Timeout(60)
class ChildTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static Child shell(String script) {
    return Child.start("the shell", List.of("setsid", "sh", "-c", script));
  }

  @Test
  void linesAreHeardInTurnAndOthersSkipped() throws Exception {
    try (Child child =
        shell(
            "echo EAL: nonsense; echo ready; read l; echo result $l; printf 'prompt> '; read l")) {
      assertEquals("ready", child.awaitLine("ready", PATIENCE));
      child.tell("17 4");
      assertEquals("result 17 4", child.awaitLine("result", PATIENCE));
      child.await("prompt>", PATIENCE);
    }
  }

  @Test
  void aWordIsNotTakenForAnotherThatBeginsWithIt() throws Exception {
    try (Child child = shell("echo readyish; echo ready; read l")) {
      assertEquals("ready", child.awaitLine("ready", PATIENCE));
    }
  }

  @Test
  void anErrorThatItSaysIsThrown() throws Exception {
    try (Child child = shell("echo error of mine; read l")) {
      var failure = assertThrows(BenchException.class, () -> child.awaitLine("ready", PATIENCE));
      assertEquals("the shell: error of mine", failure.getMessage());
    }
  }

  @Test
  void anEndIsToldWithTheLastWords() throws Exception {
    try (Child child = shell("echo I cannot; exit 1")) {
      var failure = assertThrows(BenchException.class, () -> child.awaitLine("ready", PATIENCE));
      assertEquals("the shell has ended and has not said 'ready': I cannot", failure.getMessage());
    }
  }

  @Test
  void silenceHasAnEnd() throws Exception {
    try (Child child = shell("read l")) {
      var failure =
          assertThrows(BenchException.class, () -> child.awaitLine("ready", Duration.ofMillis(50)));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("has not said 'ready'"),
          failure.getMessage());
    }
  }

  @Test
  void whatDoesNotStartIsSaid() {
    var failure =
        assertThrows(
            BenchException.class, () -> Child.start("nobody", List.of("/no/such/program")));
    assertTrue(
        String.valueOf(failure.getMessage()).startsWith("nobody does not start"),
        failure.getMessage());
  }
}
