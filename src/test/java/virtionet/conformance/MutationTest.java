package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.launcher.LauncherConstants;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import virtionet.testing.Requirement;

/** The tests of the conformance matrix can fail: they do when the driver is broken on purpose. */
class MutationTest {

  @ParameterizedTest
  @EnumSource
  void aBrokenDriverIsCaughtByTheTestOfTheRequirement(Mutation mutation) throws Exception {
    var loader = new MutatingLoader(Optional.of(mutation.calls()));
    TestExecutionSummary summary = run(loader, List.of(mutation));
    assertTrue(loader.replaced() > 0, "nothing was broken: has the call another name?");
    assertTrue(summary.getTestsFailedCount() > 0, () -> mutation + " was not noticed");
    for (TestExecutionSummary.Failure failure : summary.getFailures()) {
      for (Throwable cause = failure.getException(); cause != null; cause = cause.getCause()) {
        assertFalse(cause instanceof LinkageError, "not broken but unusable: " + cause);
      }
    }
  }

  @Test
  void theSameTestsPassWithTheDriverAsItIs() throws Exception {
    List<Mutation> all = List.of(Mutation.values());
    TestExecutionSummary summary = run(new MutatingLoader(Optional.empty()), all);
    var failures = new StringWriter();
    summary.printFailuresTo(new PrintWriter(failures));
    assertEquals(0, summary.getTotalFailureCount(), failures::toString);
    long tests = all.stream().map(m -> m.testClass() + m.testMethod()).distinct().count();
    assertTrue(summary.getTestsSucceededCount() >= tests, () -> "run: " + summary);
  }

  @ParameterizedTest
  @EnumSource
  void theTestThatCatchesItNamesTheRequirement(Mutation mutation) throws Exception {
    Method test = method(getClass().getClassLoader(), mutation);
    Requirement requirement = test.getAnnotation(Requirement.class);
    assertTrue(
        requirement != null && List.of(requirement.value()).contains(mutation.requirement()),
        () -> test + " does not name " + mutation.requirement());
  }

  private static Method method(ClassLoader loader, Mutation mutation)
      throws ClassNotFoundException {
    return Stream.of(loader.loadClass(mutation.testClass()).getDeclaredMethods())
        .filter(method -> method.getName().equals(mutation.testMethod()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no such test: " + mutation.testMethod()));
  }

  /** Runs the tests of these mutations with classes of this loader; the matrix hears nothing. */
  private static TestExecutionSummary run(ClassLoader loader, List<Mutation> mutations)
      throws ClassNotFoundException {
    var request = LauncherDiscoveryRequestBuilder.request();
    for (Mutation mutation : mutations) {
      Method test = method(loader, mutation);
      request.selectors(selectMethod(test.getDeclaringClass(), test));
    }
    var listener = new SummaryGeneratingListener();
    var config =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      LauncherFactory.create(config)
          .execute(
              request
                  .configurationParameter(
                      LauncherConstants.STACKTRACE_PRUNING_ENABLED_PROPERTY_NAME, "false")
                  .build(),
              listener);
    } finally {
      thread.setContextClassLoader(before);
    }
    return listener.getSummary();
  }
}
