package virtionet.testing;

import java.io.File;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs only where DPDK's testpmd is installed. */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("testpmd")
@ExtendWith(RequiresTestpmd.Present.class)
public @interface RequiresTestpmd {

  /** Looks for the program. */
  final class Present implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String path = System.getenv().getOrDefault("PATH", "");
      return Stream.of(path.split(File.pathSeparator))
              .anyMatch(folder -> Files.isExecutable(Path.of(folder, TestPmd.PROGRAM)))
          ? ConditionEvaluationResult.enabled(TestPmd.PROGRAM + " is there")
          : ConditionEvaluationResult.disabled(
              "skipped for want of " + TestPmd.PROGRAM + ": ./virtionet setup brings it");
    }
  }
}
