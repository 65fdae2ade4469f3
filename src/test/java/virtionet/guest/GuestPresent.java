package virtionet.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes the guest's image once, where it is missing. */
final class GuestPresent implements ExecutionCondition {
  /** How the script says that the environment lacks something. */
  private static final int LACKING = 3;

  private static final Map<String, Guest.Outcome> BUILT = new ConcurrentHashMap<>();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String arch = context.getRequiredTestClass().getAnnotation(RequiresGuest.class).value();
    Guest.Outcome built = BUILT.computeIfAbsent(arch, GuestPresent::build);
    if (built.code() == LACKING) {
      return ConditionEvaluationResult.disabled("skipped, no guest can be made: " + built.text());
    }
    // Any other failure is for the tests to show.
    return ConditionEvaluationResult.enabled("the guest is there, or its build is broken");
  }

  private static Guest.Outcome build(String arch) {
    try {
      return Guest.runAloud("build", "--arch", arch);
    } catch (IOException e) {
      throw new UncheckedIOException("qemu/guest cannot be started", e);
    }
  }
}
