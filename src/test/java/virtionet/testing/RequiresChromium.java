package virtionet.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs only where the browser Chromium is installed. */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("chromium")
@ExtendWith(RequiresChromium.Present.class)
public @interface RequiresChromium {

  /** Looks for the program. */
  final class Present implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return Browser.isInstalled()
          ? ConditionEvaluationResult.enabled(Browser.PROGRAM + " is there")
          : ConditionEvaluationResult.disabled(
              "skipped for want of " + Browser.PROGRAM + ": ./virtionet setup brings it");
    }
  }
}
