package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "demo --colour                     | --colour",
        "demo --count 0                    | --count",
        "demo --count many                 | 'many'",
        "demo --count                      | --count",
        "demo --arch sparc                 | riscv64, aarch64",
        "demo further                      | further",
        "probe --dtb                       | --dtb",
        "ping                              | ADDRESS",
        "ping gateway                      | 'gateway'",
        "ping 10.0.2.256                   | 10.0.2.256",
        "ping 0.0.0.0                      | '0.0.0.0' is no address of one station",
        "ping 127.0.0.1                    | '127.0.0.1' is no address of one station",
        "ping 224.0.0.1                    | '224.0.0.1' is no address of one station",
        "ping 255.255.255.255              | '255.255.255.255' is no address of one station",
        "ping ::1                          | '::1'",
        "ping 10.0.2.2 10.0.2.3            | 10.0.2.3",
        "demo --machine vax                | qemu, linux",
        "demo --attach eth0                | --machine linux",
        "probe --force                     | --machine linux",
        "demo --echo 10.0.2.2              | '10.0.2.2' is no IPv4 address and port",
        "demo --echo :7000                 | ':7000'",
        "demo --echo 10.0.2.2:             | '10.0.2.2:'",
        "demo --echo 10.0.2.2:0            | '10.0.2.2:0'",
        "demo --echo 10.0.2.2:65536        | '10.0.2.2:65536'",
        "demo --echo 10.0.2.300:7          | '10.0.2.300:7'",
        "echo --port many                  | --port",
        "echo --port 65536                 | --port 65536: must be from 0 to 65535",
        "echo --port -1                    | --port",
        "attach nothing0 dmeo              | dmeo",
        "attach nothing0 demo --count 0    | --count",
        "bench --contenders raw,doom       | there is no contender 'doom'; there are dpdk[:packed]",
        "bench --contenders raw:packed     | there is no kind of raw 'packed'",
        "bench --contenders raw:zgc:parallel | exclude each other",
        "bench --contenders raw,raw        | named twice",
        "bench --modes io,up               | 'up': there are io, rx and tx",
        "bench --sizes 63                  | 63 is not from 64 to 1514",
        "bench --sizes many                | --sizes",
        "bench --cores 1                   | two different processors",
        "bench --cores 1,1                 | two different processors",
        "bench --rounds 0                  | --rounds",
        "bench --json /none/such           | /none/such cannot be written",
        "bench --from numbers.json         | --from needs --svg",
        "soak --minutes 0                  | '0' is no number of minutes from 0.05 to 10000.0",
        "soak --minutes many               | --minutes",
        "soak --pause 0                    | '0' is no number of seconds from 0.1 to 3600.0",
        "soak --faults kill,flood          | 'flood' is no kind of fault: there are needs-reset,"
            + " ring-violation,",
        "soak --machine linux              | --machine",
        "ping 10.0.2.2 --pcap-snaplen 60   | need --pcap FILE",
        "demo --pcap-rotate 10M            | need --pcap FILE",
        "demo --pcap f --pcap-snaplen 0    | '0' is no number of bytes from 1 to 262144",
        "demo --pcap f --pcap-rotate big   | 'big' is no limit of a file such as 500k,",
        "capture -c 0                      | '0' is no whole number",
        "capture --rotate 10M              | --rotate needs -w FILE",
        "capture -w - --rotate 10M         | --rotate needs -w FILE",
        "capture -w f --attach eth0        | --machine linux",
        "trace                             | FILE",
        "trace f --interrupt last          | 'last': a number, median or slowest",
        "dmeo                              | dmeo",
        "--legacy                          | --legacy",
        "''                                | demo, probe, ping"
      })
  void wrongUsageEndsWith2AndNamesWhatIsWrong(String line, String named) {
    assertEquals(2, run(line));
    assertTrue(err.toString().contains(named), err.toString());
    assertTrue(err.toString().startsWith("virtionet: "), err.toString());
    assertTrue(err.toString().contains("--help"), err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void anUnknownWordBringsTheKnownOnes() {
    assertEquals(2, run("dmeo"));
    assertTrue(err.toString().contains("dmeo; there are demo, probe, ping"), err.toString());
  }

  @Test
  void throughTheLauncherItsOwnWordsAreKnownToo() {
    System.setProperty(Main.LAUNCHER_PROPERTY, "./virtionet");
    try {
      assertEquals(2, run("tset"));
    } finally {
      System.clearProperty(Main.LAUNCHER_PROPERTY);
    }
    assertTrue(
        err.toString()
            .contains(
                "there are demo, probe, ping, attach, echo, reflect, capture, trace, top, bench,"
                    + " soak, guest, setup, test, format, build"),
        err.toString());
    assertTrue(err.toString().contains("`./virtionet --help`"), err.toString());
  }

  @Test
  void aMistypedOptionBringsASuggestion() {
    assertEquals(2, run("demo --legcy"));
    assertTrue(err.toString().contains("--legacy"), err.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "demo --help", "probe -h", "ping --help"})
  void everyLevelHasHelpWithTheExitCodes(String line) {
    assertEquals(0, run(line));
    assertTrue(out.toString().contains("Usage:"), out.toString());
    assertTrue(out.toString().contains("the environment lacks something"), out.toString());
    assertEquals("", err.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "demo,--arch",
    "demo,--legacy",
    "demo,--count",
    "demo,--qemu",
    "demo,--verbose",
    "demo,--recover",
    "bench,--contenders",
    "bench,--quick",
    "bench,--json",
    "soak,--minutes",
    "soak,--faults",
    "soak,--pause",
    "soak,--seed",
    "soak,--arch",
    "soak,ring-violation",
    "probe,--dtb",
    "probe,--arch",
    "probe,--legacy",
    "probe,--qemu",
    "ping,ADDRESS",
    "ping,--count",
    "ping,--pcap",
    "demo,--pcap-rotate",
    "reflect,--pcap-snaplen",
    "capture,--write",
    "capture,--seconds",
    "capture,--dhcp",
    "demo,--record",
    "reflect,--record",
    "trace,--interrupt",
    "demo,--metrics",
    "ping,--metrics",
    "reflect,--metrics",
    "capture,--metrics",
    "soak,--metrics",
    "top,--once",
    "top,--interval"
  })
  void helpNamesEachOption(String word, String option) {
    assertEquals(0, run(word + " --help"));
    assertTrue(out.toString().contains(option), out.toString());
  }

  @Test
  void theLaunchersHelpNamesEveryWord() throws IOException {
    String launcher = Files.readString(Path.of("virtionet"));
    for (String word : Main.words(Main.commandLine(Failures.standard()))) {
      assertTrue(launcher.contains("\n  " + word + " "), word);
    }
  }

  @Test
  void theVersionNamesTheProgramAndItsJava() {
    assertEquals(0, run("--version"));
    assertTrue(out.toString().startsWith("virtionet "), out.toString());
    assertTrue(out.toString().contains("Java 25"), out.toString());
  }

  @Test
  void anExceptionEndsWith1AndOneLine() {
    assertEquals(1, runFailing("fail", new IllegalStateException("ring is gone")));
    assertEquals("virtionet: ring is gone" + System.lineSeparator(), err.toString());
  }

  @Test
  void verboseShowsTheStackTrace() {
    assertEquals(1, runFailing("fail --verbose", new IllegalStateException("ring is gone")));
    assertTrue(err.toString().contains("at virtionet.cli.MainTest"), err.toString());
  }

  @Test
  void aLackingEnvironmentEndsWith3() {
    assertEquals(3, runFailing("fail", new EnvironmentException("no QEMU: install it")));
    assertTrue(err.toString().contains("no QEMU: install it"), err.toString());
  }

  @Test
  void aWrappedExceptionEndsAsItsCauseDoes() {
    RuntimeException cause = new EnvironmentException("no QEMU: install it");
    assertEquals(3, runFailing("fail", new CompletionException(cause)));
    assertEquals("virtionet: no QEMU: install it" + System.lineSeparator(), err.toString());
  }

  @Test
  void furtherTypesCanBeMapped() {
    Failures failures = Failures.standard().map(ArithmeticException.class, ExitCode.ENVIRONMENT);
    assertEquals(ExitCode.ENVIRONMENT, failures.codeOf(new ArithmeticException()));
    assertEquals(ExitCode.FAILED, failures.codeOf(new IllegalStateException()));
  }

  @Test
  void causesAreToldOnceAndInOneLine() {
    Exception failure =
        new IllegalStateException(
            "cannot start QEMU: no such\n  file", new IOException("no such file"));
    assertEquals(
        "cannot start QEMU: no such file: gone",
        Failures.sentence(
            new IllegalStateException(
                "cannot start QEMU: no such\n  file", new IOException("gone"))));
    assertFalse(Failures.sentence(failure).contains("\n"));
    assertEquals("NullPointerException", Failures.sentence(new NullPointerException()));
  }

  private int run(String line) {
    return execute(Main.commandLine(Failures.standard()), line);
  }

  private int runFailing(String line, RuntimeException failure) {
    CommandLine commandLine = Main.commandLine(Failures.standard());
    commandLine.addSubcommand(new Failing(failure));
    // Again, so that the added word gets the handlers too.
    commandLine.setExecutionExceptionHandler(Failures.standard());
    return execute(commandLine, line);
  }

  private int execute(CommandLine commandLine, String line) {
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(line.isBlank() ? new String[0] : line.trim().split(" +"));
  }

  @Command(name = "fail")
  private static final class Failing implements Runnable {
    private final RuntimeException failure;

    Failing(RuntimeException failure) {
      this.failure = failure;
    }

    @Override
    public void run() {
      throw failure;
    }
  }
}
