package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;
import virtionet.testing.RequiresTap;
import virtionet.testing.RequiresTestpmd;

/** The comparison with DPDK, in blinks. Speeds are not judged here. */
@RequiresTap
@RequiresTestpmd
@Timeout(400)
class BenchTest {
  private static final Path HUGE_PAGES =
      Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");

  @TempDir private Path folder;

  /** Each kind of device and of program, in each mode. */
  @Test
  void everyContenderTakesItsTurnAndNothingIsLeftOver() throws Exception {
    String before = Files.readString(HUGE_PAGES);
    Path json = folder.resolve("bench.json");
    Path svg = folder.resolve("bench.svg");
    InProcess bench =
        InProcess.run(
            "bench",
            "--quick",
            "--sizes",
            "64",
            "--contenders",
            "dpdk,raw,batch:record:metrics:spans,frame:pcap,packet:batch,packet-java",
            "--json",
            json.toString(),
            "--svg",
            svg.toString());
    assertEquals(0, bench.code(), () -> bench.output() + bench.errors());
    assertTrue(
        bench
            .lines()
            .getLast()
            .matches(
                "bench: raw RATIO batch RATIO frame RATIO \\(ratios to DPDK virtio-user, io 64 B\\)"
                    .replace("RATIO", "([0-9.]+|-)")),
        bench::output);
    Map<String, Object> all = JSON.std.mapFrom(Files.readString(json));
    assertEquals(bench.lines().getLast(), all.get("lastLine"));
    List<?> results = assertInstanceOf(List.class, all.get("results"));
    assertEquals(6 * 6, results.size(), "four trials of io, one of rx and one of tx");
    for (Object result : results) {
      Map<?, ?> entry = assertInstanceOf(Map.class, result);
      assertEquals(1, assertInstanceOf(List.class, entry.get("rounds")).size(), bench::output);
    }
    assertTrue(Files.readString(svg).endsWith("</svg>\n"));
    assertEquals(List.of(), leftovers(ProcessHandle.current().pid()));
    assertEquals(before, Files.readString(HUGE_PAGES));
  }

  @Test
  void anInterruptEndsItAndNothingIsLeftOver() throws Exception {
    String before = Files.readString(HUGE_PAGES);
    Path output = folder.resolve("output");
    Process bench =
        new ProcessBuilder(
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "bench",
                "--contenders",
                "raw",
                "--seconds",
                "60")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      Patience.until(
          "the contender runs: " + output, () -> mentions(bench.pid(), "bench-contender"));
      new ProcessBuilder("kill", "-INT", Long.toString(bench.pid())).start().waitFor();
      assertTrue(bench.waitFor(Patience.SECONDS, TimeUnit.SECONDS), "it does not end");
      assertEquals(130, bench.exitValue(), () -> said(output));
      assertEquals(List.of(), leftovers(bench.pid()), () -> said(output));
      assertEquals(before, Files.readString(HUGE_PAGES));
    } finally {
      bench.destroy();
    }
  }

  private static String said(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** What is called as that run calls what it makes. */
  private static List<String> leftovers(long pid) throws IOException {
    String name = "virtionet-bench-" + pid;
    List<String> left = new ArrayList<>();
    for (Path place :
        List.of(Path.of("/run/netns"), Path.of(System.getProperty("java.io.tmpdir")))) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> all = Files.list(place)) {
          all.filter(each -> each.getFileName().toString().startsWith(name))
              .forEach(each -> left.add(each.toString()));
        }
      }
    }
    if (mentions(pid, name)) {
      left.add("a process");
    }
    return left;
  }

  /** Whether a process of that run has this in its command line; our own's does not count. */
  private static boolean mentions(long pid, String word) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != pid)
        .anyMatch(
            process -> {
              try {
                String words = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
                return words.contains(word) && words.contains("virtionet-bench-" + pid);
              } catch (IOException e) {
                return false;
              }
            });
  }
}
