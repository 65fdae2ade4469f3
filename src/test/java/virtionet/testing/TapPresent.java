package virtionet.testing;

import java.io.IOException;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Tries whether a network namespace with a tap device can be made; once. */
final class TapPresent implements ExecutionCondition {
  private static final ConditionEvaluationResult ANSWER = look();

  private static ConditionEvaluationResult look() {
    try (var namespace = TapNamespace.create()) {
      return ConditionEvaluationResult.enabled(namespace + " could be made");
    } catch (IOException | AssertionError e) {
      return ConditionEvaluationResult.disabled(
          "skipped, since a network namespace with a tap device cannot be made (it takes root,"
              + " /dev/net/tun, and ip of the Debian package iproute2): "
              + e.getMessage());
    }
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return ANSWER;
  }
}
