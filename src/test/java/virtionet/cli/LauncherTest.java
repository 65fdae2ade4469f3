package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher in a checkout of its own, on a machine that has only what a test gives it: stand-ins
 * for java, mvn and apt-get that write down how they were called.
 */
@Tag("launcher")
class LauncherTest {
  private static final Path BASH = Path.of("/bin/bash");
  private static final List<String> BASICS =
      List.of(
          "cat",
          "cp",
          "dirname",
          "env",
          "find",
          "flock",
          "grep",
          "id",
          "mkdir",
          "mktemp",
          "readlink",
          "rm",
          "sed",
          "touch");

  @TempDir private Path machine;
  private Path checkout;
  private Path bin;
  private Path calls;

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void anEmptyMachineAndAFreshCheckout() throws IOException {
    assumeTrue(Files.isExecutable(BASH), "the launcher needs /bin/bash");
    checkout = machine.resolve("checkout");
    bin = Files.createDirectories(machine.resolve("bin"));
    calls = Files.createFile(machine.resolve("calls"));
    for (String file : List.of("virtionet", "scripts/jdk", "scripts/setup")) {
      Path copy = checkout.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of(file), copy);
      makeExecutable(copy);
    }
    Files.createDirectories(checkout.resolve("src/main/java"));
    Files.createFile(checkout.resolve("pom.xml"));
    for (String tool : BASICS) {
      for (String folder : List.of("/usr/bin/", "/bin/")) {
        Path real = Path.of(folder + tool);
        if (Files.exists(real)) {
          // Not a link: JUnit warns of each one that leaves its folder.
          Files.writeString(bin.resolve(tool), "#!/bin/bash\nexec " + real + " \"$@\"\n");
          makeExecutable(bin.resolve(tool));
          break;
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "-h", "setup --help", "test --help", "conformance --help", "build -h"})
  void helpNeedsNothing(String words) throws Exception {
    Outcome outcome = run(words);
    assertEquals(0, outcome.code(), outcome.err());
    for (String word : List.of("setup", "test", "format", "build", "demo", "probe", "ping")) {
      assertTrue(outcome.out().contains("\n  " + word + " "), word);
    }
    assertEquals("", outcome.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "setup now", "build all", "format it", "site now"})
  void wrongUsageEndsWith2(String words) throws Exception {
    assertEquals(2, run(words).code());
  }

  @Test
  void withoutAptTheMissingToolsAreListedWithTheirPackages() throws Exception {
    Outcome outcome = run("setup");
    assertEquals(3, outcome.code());
    for (String name :
        List.of(
            "no apt-get",
            "openjdk-25-jdk-headless",
            "mvn",
            "qemu-system-misc",
            "qemu-system-arm",
            "device-tree-compiler",
            "tshark",
            "iproute2")) {
      assertTrue(outcome.err().contains(name), name + " in: " + outcome.err());
    }
  }

  @Test
  void withoutAJdkTheMessageTellsWhereItLookedAndHowToGetOne() throws Exception {
    aJdk("17.0.15", "old");
    Outcome outcome = run("build");
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains("JAVA_HOME: not set"), outcome.err());
    assertTrue(outcome.err().contains("Java 17.0.15 in"), outcome.err());
    assertTrue(outcome.err().contains("set VIRTIONET_JAVA_HOME"), outcome.err());
  }

  @Test
  void aNamedJdkOfAnotherVersionIsRefusedAndNothingInstalled() throws Exception {
    aJdk("25.0.3", "good");
    aTool("mvn", "");
    aTool("apt-get", "");
    Outcome outcome = run("build", "VIRTIONET_JAVA_HOME", aJdk("26", "new").toString());
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains("VIRTIONET_JAVA_HOME: Java 26 in"), outcome.err());
    assertEquals(List.of(), calls());
  }

  @ParameterizedTest
  @CsvSource({"25,0", "25.0.3,0", "25-ea,0", "25.0.1+8,0", "24.0.2,3", "26-ea,3", "250,3"})
  void onlyJdk25IsTaken(String version, int code) throws Exception {
    aJdk(version, "jdk");
    aBuildTool();
    assertEquals(code, run("build").code());
  }

  @Test
  void switchedOffSetUpInstallsNothing() throws Exception {
    aTool("apt-get", "");
    assertEquals(3, run("--no-setup demo").code());
    assertEquals(3, run("demo", "VIRTIONET_NO_SETUP", "1").code());
    assertEquals(List.of(), calls());
  }

  @Test
  void whatIsMissingIsInstalledAndSaid() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("id", "echo 0");
    aTool("apt-cache", "echo '  Candidate: 1.0'");
    aTool(
        "apt-get",
        "for t in mvn qemu-system-riscv64 qemu-system-aarch64 dtc tshark ip"
            + " dpdk-testpmd gcc pkg-config dnsmasq chromium mkdocs; do cp \"$0\" '"
            + bin
            + "'/$t; done");
    Outcome outcome = run("setup");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("device-tree-compiler"), outcome.err());
    assertTrue(outcome.err().contains("builds virtionet"), outcome.err());
    String install = calls().getLast();
    assertTrue(install.contains("install --no-install-recommends maven"), install);
    assertEquals("", run("setup").err(), "all is there: nothing to say");
  }

  @Test
  void aPackageThatAptDoesNotKnowIsNamed() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("id", "echo 0");
    aTool("apt-cache", "[ \"$2\" = tshark ] || echo '  Candidate: 1.0'");
    aTool("apt-get", "");
    Outcome outcome = run("setup");
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains("apt knows no package"), outcome.err());
    assertTrue(outcome.err().contains("tshark"), outcome.err());
    assertFalse(outcome.err().contains("qemu-system-arm"), outcome.err());
  }

  /** As apt-cache does: what follows the candidate goes to a pipe that nobody may read any more. */
  @Test
  void aPackageIsKnownHoweverMuchAptSaysOfIt() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("id", "echo 0");
    aTool(
        "apt-cache",
        "for i in {1..2000}; do echo '  Candidate: 1.0'; echo '  Version table:'; done");
    aTool("apt-get", "");
    Outcome outcome = run("setup");
    assertTrue(outcome.err().contains("installing with apt-get"), outcome.err());
  }

  @Test
  void aFailedInstallationShowsAptsWordsAndEndsWith3() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("id", "echo 0");
    aTool("apt-cache", "echo '  Candidate: 1.0'");
    aTool("apt-get", "echo 'E: disk full'; exit 100");
    Outcome outcome = run("build");
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains("E: disk full"), outcome.err());
  }

  @Test
  void withoutRootAndSudoNothingIsTried() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("id", "echo 1000");
    aTool("apt-get", "");
    Outcome outcome = run("build");
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains("root or sudo"), outcome.err());
    assertTrue(calls().stream().allMatch(call -> call.startsWith("id")), calls().toString());
  }

  @Test
  void otherWordsGoToTheJarWithTheFlagsItNeeds() throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    Outcome outcome = run("probe --dtb some.dtb");
    assertEquals(7, outcome.code(), "the exit code of java");
    String java = calls().getLast();
    assertTrue(java.contains("--enable-native-access=ALL-UNNAMED"), java);
    assertTrue(java.contains("--sun-misc-unsafe-memory-access=allow"), java);
    assertTrue(java.endsWith("-cli.jar probe --dtb some.dtb"), java);
  }

  @Test
  void onceBuiltTheJarTellsUsageItself() throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    assertEquals(0, run("build").code());
    for (String words : List.of("", "--help")) {
      Outcome outcome = run(words);
      assertEquals(7, outcome.code());
      assertEquals("", outcome.err());
    }
  }

  @Test
  void itBuildsOnlyWhenSourcesChanged() throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    assertTrue(run("--version").err().contains("building (first time"));
    assertEquals("", run("--version").err());
    Path source = Files.writeString(checkout.resolve("src/main/java/New.java"), "class New {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
    assertEquals("virtionet: building …\n", run("--version").err());
    assertEquals(2, calls().stream().filter(call -> call.startsWith("mvn")).count());
  }

  @Test
  void aFailedBuildShowsItsLogAndEndsWith1() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("mvn", "echo 'Frame.java: no semicolon'; exit 1");
    Outcome outcome = run("--version");
    assertEquals(1, outcome.code());
    assertTrue(outcome.err().contains("no semicolon"), outcome.err());
    assertFalse(calls().stream().anyMatch(call -> call.startsWith("java")), calls().toString());
  }

  @ParameterizedTest
  @CsvSource({
    "demo,qemu-system-riscv64",
    "-v demo,qemu-system-riscv64",
    "ping 10.0.2.2,qemu-system-riscv64",
    "capture -w frames.pcapng,qemu-system-riscv64",
    "probe --arch aarch64,qemu-system-aarch64",
    "demo --arch=aarch64,qemu-system-aarch64"
  })
  void onlyTheQemuOfTheAskedForMachineIsNeeded(String words, String qemu) throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    Outcome outcome = run(words);
    assertEquals(3, outcome.code());
    assertTrue(outcome.err().contains(qemu), outcome.err());
    aTool(qemu, "");
    assertEquals(7, run(words).code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo --qemu /opt/qemu",
        "demo --help",
        "probe --dtb=f",
        "ping -h",
        "demo --arch x"
      })
  void someWordsNeedNoQemu(String words) throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    assertEquals(7, run(words).code());
  }

  @Test
  void theSiteNeedsItsTool() throws Exception {
    aJdk("25.0.3", "jdk");
    aTool("mvn", "");
    Outcome site = run("site");
    assertEquals(3, site.code());
    assertTrue(site.err().contains("mkdocs-material"), site.err());
    aTool("mkdocs", "");
    aTool("python3", "");
    assertEquals(0, run("site").code());
    assertTrue(calls().getLast().startsWith("mkdocs build -q --strict"), calls().toString());
  }

  @Test
  void testRunsMavenWithTheFoundJdkAndTheFurtherWords() throws Exception {
    Path jdk = aJdk("25.0.3", "jdk");
    for (String tool :
        List.of(
            "qemu-system-riscv64",
            "qemu-system-aarch64",
            "dtc",
            "tshark",
            "ip",
            "dpdk-testpmd",
            "gcc",
            "pkg-config",
            "dnsmasq",
            "chromium",
            "mkdocs")) {
      aTool(tool, "");
    }
    aTool("mvn", "echo \"Tests run: 1 with $JAVA_HOME\"; exit 1");
    Outcome outcome = run("test -Dtest=FrameTest");
    assertEquals(1, outcome.code());
    assertEquals("Tests run: 1 with " + jdk + "\n", outcome.out());
    assertEquals("mvn -B -ntp verify -Dtest=FrameTest", calls().getLast());
  }

  @Test
  void itWorksThroughASymlinkAndFromAnotherFolder() throws Exception {
    aJdk("25.0.3", "jdk");
    aBuildTool();
    Path link = Files.createSymbolicLink(machine.resolve("vn"), checkout.resolve("virtionet"));
    Outcome outcome = start(List.of(link.toString(), "--version"), List.of());
    assertEquals(7, outcome.code(), outcome.err());
    assertTrue(calls().getLast().contains(checkout + "/target/"), calls().toString());
  }

  private Outcome run(String words, String... environment) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(checkout.resolve("virtionet").toString());
    if (!words.isEmpty()) {
      command.addAll(List.of(words.split(" ")));
    }
    return start(command, List.of(environment));
  }

  private Outcome start(List<String> command, List<String> environment) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(machine.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("HOME", machine.toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("VIRTIONET_JDK_FOLDERS", machine.resolve("jdks").toString());
    for (int i = 0; i < environment.size(); i += 2) {
      builder.environment().put(environment.get(i), environment.get(i + 1));
    }
    Path out = machine.resolve("out");
    Path err = machine.resolve("err");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "the launcher did not end: " + command);
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** A JDK whose java ends with 7. */
  private Path aJdk(String version, String name) throws IOException {
    Path home = Files.createDirectories(machine.resolve("jdks").resolve(name));
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/java"), "exit 7");
    script(home.resolve("bin/javac"), "");
    return home;
  }

  /** A Maven that leaves a jar. */
  private void aBuildTool() throws IOException {
    aTool("mvn", "touch '" + checkout.resolve("target/virtionet-0.1.0-cli.jar") + "'");
  }

  private void aTool(String name, String then) throws IOException {
    Files.deleteIfExists(bin.resolve(name));
    script(bin.resolve(name), then);
  }

  private void script(Path file, String then) throws IOException {
    Files.writeString(file, "#!/bin/bash\necho \"${0##*/} $*\" >>'" + calls + "'\n" + then + "\n");
    makeExecutable(file);
  }

  private static void makeExecutable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(calls);
  }
}
