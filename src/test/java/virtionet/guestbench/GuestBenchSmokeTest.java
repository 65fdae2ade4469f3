package virtionet.guestbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.RequiresQemu;

/**
 * One short round of the comparison with the kernel's driver, in a guest whose image is in the
 * cache already and with a jar that is built already: this test makes neither. Speeds are not
 * judged here.
 */
@RequiresQemu
@Tag("guest")
class GuestBenchSmokeTest {
  private static final int LIMIT_SECONDS = 500;

  @TempDir private Path folder;

  @Test
  void bothDriversTakeTheirTurnAndEachNumberIsThere() throws Exception {
    assumeTrue(imageIsCached(), "no aarch64 guest in the cache: ./virtionet guest build makes one");
    assumeTrue(jarIsBuilt(), "no jar in target: ./virtionet build makes one");
    Path json = folder.resolve("bench.json");
    Path output = folder.resolve("output.txt");
    var command =
        List.of(
            "qemu/guest",
            "bench",
            "--rounds",
            "1",
            "--pings",
            "20",
            "--warmup",
            "1",
            "--seconds",
            "1",
            "--timeout",
            Integer.toString(LIMIT_SECONDS - 60),
            "--json",
            json.toString());
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(output.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("VIRTIONET_NO_SETUP", "1");
    Process process = builder.start();
    try {
      boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
      String said = Files.readString(output);
      assertTrue(ended, said);
      assertEquals(0, process.exitValue(), said);
      check(json);
    } finally {
      // Its trap ends QEMU and the wire.
      process.destroy();
    }
  }

  private static void check(Path json) throws IOException {
    Map<String, Object> all = JSON.std.mapFrom(Files.readString(json));
    if (!(all.get("rounds") instanceof Map<?, ?> rounds)) {
      fail("no rounds in " + all);
      return;
    }
    for (String who : List.of("kernel-plain", "kernel-batch", "virtionet")) {
      for (int size : List.of(64, 1500)) {
        assertEquals(List.of(0.0), rounds.get("frames changed, " + size + ", " + who), who);
        assertPositive(rounds, "frames/s, " + size + ", " + who);
      }
    }
    assertPositive(rounds, "round trip ms, median, kernel");
    assertPositive(rounds, "round trip ms, median, virtionet");
  }

  private static void assertPositive(Map<?, ?> rounds, String series) {
    assertTrue(
        rounds.get(series) instanceof List<?> values
            && values.size() == 1
            && values.getFirst() instanceof Double value
            && value > 0,
        () -> series + " in " + rounds);
  }

  private static boolean imageIsCached() throws IOException {
    Path home = Path.of(System.getenv().getOrDefault("HOME", "/root"));
    Path cache =
        Optional.ofNullable(System.getenv("VIRTIONET_CACHE"))
            .map(Path::of)
            .orElseGet(
                () ->
                    Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .map(Path::of)
                        .orElse(home.resolve(".cache"))
                        .resolve("virtionet"));
    Path images = cache.resolve("guest");
    if (!Files.isDirectory(images)) {
      return false;
    }
    try (Stream<Path> found = Files.list(images)) {
      return found.anyMatch(
          image ->
              image.getFileName().toString().startsWith("aarch64-")
                  && Files.exists(image.resolve("versions")));
    }
  }

  private static boolean jarIsBuilt() throws IOException {
    Path target = Path.of("target");
    if (!Files.isDirectory(target.resolve("lib"))) {
      return false;
    }
    try (Stream<Path> files = Files.list(target)) {
      return files.anyMatch(file -> file.getFileName().toString().endsWith("-cli.jar"));
    }
  }
}
