package virtionet.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.function.LongFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.conformance.MutatingLoader;

/** The fuzzer can fail: it finds what is broken on purpose. */
class PlantedBugTest {
  private static final long STEPS = 30_000;

  @ParameterizedTest
  @EnumSource
  void aPlantedBugIsFound(PlantedBug bug) throws ReflectiveOperationException {
    var loader = new MutatingLoader(Optional.of(bug.calls()));
    String found = trial(loader).apply(STEPS);
    assertTrue(loader.replaced() > 0, "nothing was broken: has the call another name?");
    assertFalse(found.isEmpty(), () -> bug + " was not found in " + STEPS + " steps");
    assertFalse(found.contains("LinkageError") || found.contains("VerifyError"), found);
  }

  @SuppressWarnings("unchecked") // as Trial says
  private static LongFunction<String> trial(ClassLoader loader)
      throws ReflectiveOperationException {
    return (LongFunction<String>)
        loader.loadClass(Trial.class.getName()).getConstructor().newInstance();
  }
}
