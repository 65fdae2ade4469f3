package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Programs;

/** Runs the testkit's example; the build also runs it on the jars alone, as a user does. */
class MirrorOnModelTest {

  @Test
  void theTestkitsExampleGetsItsAnswerAndEnds(@TempDir Path folder)
      throws IOException, InterruptedException {
    String said =
        Programs.run(
            folder,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dvirtionet-cli.log.level=ERROR",
            "-cp",
            System.getProperty("java.class.path"),
            MirrorOnModel.class.getName());
    assertEquals("52:54:00:12:34:56\n02000000000152540012345688b5\n", said);
  }

  @Test
  void nothingThatTheFixtureNeedsOfOursNeedsJUnit() {
    JavaClass fixture =
        new ClassFileImporter().importPackages("virtionet").get(DriverOnModel.class);
    List<String> needs =
        Stream.concat(
                fixture.getDirectDependenciesFromSelf().stream(),
                fixture.getTransitiveDependenciesFromSelf().stream())
            .filter(dependency -> isOurs(dependency.getOriginClass()))
            .filter(
                dependency -> dependency.getTargetClass().getPackageName().startsWith("org.junit"))
            .map(Dependency::getDescription)
            .toList();
    assertEquals(List.of(), needs);
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().startsWith("virtionet");
  }
}
