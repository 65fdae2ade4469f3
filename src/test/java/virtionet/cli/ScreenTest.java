package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

/** Lines, tables and progress, on a terminal and elsewhere. */
class ScreenTest {
  private final StringWriter out = new StringWriter();
  private final Screen plain = screen(Ansi.OFF);
  private final Screen terminal = screen(Ansi.ON);
  private long nanos;

  private Screen screen(Ansi ansi) {
    return new Screen(
        new CommandLine(new VirtionetCommand())
            .setColorScheme(Help.defaultColorScheme(ansi))
            .setOut(new PrintWriter(out)));
  }

  @Test
  void theColumnsOfATableStandBelowEachOtherAndNoLineEndsInBlanks() {
    plain.table(
        List.of("value", "counter", "meaning"),
        List.of(List.of("1", "interrupts", "raised"), List.of("12,345,678", "x", "")));
    assertEquals(
        """
          value       counter     meaning
          1           interrupts  raised
          12,345,678  x
        """
            .indent(0),
        out.toString().indent(0));
  }

  @Test
  void onATerminalOnlyTheHeaderOfATableIsFaint() {
    terminal.table(List.of("a", "b"), List.of(List.of("long", "c")));
    List<String> lines = out.toString().lines().toList();
    assertEquals("  a     b", Ansi.OFF.string(withoutEscapes(lines.getFirst())));
    assertTrue(lines.getFirst().startsWith("\u001b["), lines.getFirst());
    assertEquals("  long  c", lines.getLast());
  }

  @Test
  void aPercentSignInATextIsShownAsItIs() {
    plain.table(List.of("100 %"), List.of(List.of("5 %d")));
    plain.lastLine("demo failed: 50 % lost, %s");
    assertTrue(out.toString().contains("  5 %d\n"), out.toString());
    assertTrue(out.toString().endsWith("\ndemo failed: 50 % lost, %s\n"), out.toString());
  }

  @Test
  void nothingIsShownBehindTheLastLine() {
    plain.lastLine("demo failed: interrupted");
    plain.line("late");
    plain.lastLine("demo passed");
    assertEquals("\ndemo failed: interrupted\n", out.toString());
  }

  @Test
  void onATerminalTheBarMovesInOneLineAndGoesAway() {
    Progress progress = new Progress(terminal, "datagrams checked", 2000, () -> nanos);
    pass(Duration.ofMillis(100));
    progress.update(500);
    progress.update(501);
    pass(Duration.ofMillis(100));
    progress.update(2000);
    progress.end();
    assertEquals(
        "\r  [#######-----------------------]  25 %  500 of 2,000 datagrams checked\u001b[K"
            + "\r  [##############################] 100 %  2,000 of 2,000 datagrams checked\u001b[K"
            + "\r\u001b[K",
        out.toString());
  }

  @Test
  void elsewhereThereIsAPlainLineEachTwoSeconds() {
    Progress progress = new Progress(plain, "datagrams checked", 2000, () -> nanos);
    for (int done = 1; done <= 41; done++) {
      pass(Duration.ofMillis(100));
      progress.update(done);
    }
    progress.end();
    assertEquals(
        "    1 %  20 of 2,000 datagrams checked\n    2 %  40 of 2,000 datagrams checked\n",
        out.toString());
    assertFalse(out.toString().contains("\r"));
  }

  @Test
  void theBarOfTheLargestCountDoesNotOverflow() {
    Progress progress = new Progress(terminal, "datagrams checked", Count.MAX, () -> nanos);
    pass(Duration.ofMinutes(30));
    progress.update(Count.MAX - 1);
    assertTrue(out.toString().contains("#-]  99 %  9,999,999 of 10,000,000"), out.toString());
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static String withoutEscapes(String line) {
    return line.replaceAll("\u001b\\[[0-9]*m", "");
  }
}
