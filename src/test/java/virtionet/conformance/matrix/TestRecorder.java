package virtionet.conformance.matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import virtionet.testing.Requirement;

/**
 * Writes down which tests with a {@link Requirement} ran in this JVM and what came of them: a file
 * in the folder that the property {@code conformance.results} names, without which it does nothing.
 */
public final class TestRecorder implements TestExecutionListener {
  /** A file of this name says that only some of the tests were run, and why. */
  static final String PARTIAL = "partial";

  private static final String FOLDER = "conformance.results";
  private static final List<String> SELECTIONS =
      List.of("test", "it.test", "groups", "excludedGroups");

  private final Optional<Path> folder =
      Optional.ofNullable(System.getProperty(FOLDER)).map(Path::of);
  private final Map<String, HeldTest> held = new TreeMap<>();
  private Optional<TestPlan> plan = Optional.empty();

  @Override
  public synchronized void testPlanExecutionStarted(TestPlan testPlan) {
    plan = Optional.of(testPlan);
  }

  @Override
  public synchronized void executionSkipped(TestIdentifier identifier, String reason) {
    Stream<TestIdentifier> below =
        plan.stream().flatMap(tests -> tests.getDescendants(identifier).stream());
    Stream.concat(Stream.of(identifier), below).forEach(test -> record(test, Outcome.SKIPPED));
  }

  @Override
  public synchronized void executionFinished(
      TestIdentifier identifier, TestExecutionResult result) {
    switch (result.getStatus()) {
      case FAILED -> record(identifier, Outcome.FAILED);
      case ABORTED -> record(identifier, Outcome.SKIPPED);
      // Of a test with parameters this says only that its runs have ended.
      case SUCCESSFUL -> record(identifier, identifier.isTest() ? Outcome.PASSED : Outcome.SKIPPED);
    }
  }

  private void record(TestIdentifier identifier, Outcome outcome) {
    identifier
        .getSource()
        .filter(MethodSource.class::isInstance)
        .map(MethodSource.class::cast)
        .ifPresent(
            source -> {
              Requirement requirement = source.getJavaMethod().getAnnotation(Requirement.class);
              if (requirement != null) {
                String name = source.getClassName() + "#" + source.getMethodName();
                var test = new HeldTest(name, outcome, List.of(requirement.value()));
                held.merge(name, test, TestRecorder::both);
              }
            });
  }

  private static HeldTest both(HeldTest one, HeldTest other) {
    return new HeldTest(one.name(), one.outcome().and(other.outcome()), one.requirements());
  }

  @Override
  public synchronized void testPlanExecutionFinished(TestPlan testPlan) {
    folder.ifPresent(this::write);
  }

  private void write(Path results) {
    try {
      Files.createDirectories(results);
      for (String selection : SELECTIONS) {
        String value = Objects.requireNonNullElse(System.getProperty(selection), "");
        if (!value.isEmpty()) {
          Files.writeString(results.resolve(PARTIAL), "-D" + selection + "=" + value);
        }
      }
      Files.write(
          results.resolve(ProcessHandle.current().pid() + ".tests"),
          held.values().stream().map(HeldTest::line).toList());
    } catch (IOException e) {
      throw new UncheckedIOException("the results of the tests cannot be kept", e);
    }
  }
}
