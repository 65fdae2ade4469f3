package virtionet.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import virtionet.machine.qemu.QemuArchitecture;

/** Looks for the programs on the PATH. */
final class QemuPresent implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    List<String> missing =
        Stream.of(QemuArchitecture.values())
            .map(QemuArchitecture::binary)
            .filter(binary -> !isOnPath(binary))
            .toList();
    return missing.isEmpty()
        ? ConditionEvaluationResult.enabled("QEMU is there")
        : ConditionEvaluationResult.disabled(
            "skipped for want of " + String.join(", ", missing) + ": ./virtionet setup brings it");
  }

  private static boolean isOnPath(String binary) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, binary)));
  }
}
