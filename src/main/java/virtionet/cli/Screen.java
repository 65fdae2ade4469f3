package virtionet.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Where a command shows what it does: lines, headings, tables. Any thread. */
final class Screen {
  private final PrintWriter out;
  private final Ansi ansi;
  private boolean finished;

  Screen(CommandLine command) {
    out = command.getOut();
    ansi = command.getColorScheme().ansi();
  }

  /** Whether a person watches, who likes a line that moves. */
  boolean isTerminal() {
    return ansi.enabled();
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  void line(String format, Object... values) {
    text(String.format(Locale.ROOT, format, values));
  }

  /** A line as it is. */
  void text(String line) {
    show(line + System.lineSeparator());
  }

  void heading(String title) {
    line("%n%s", ansi.string("@|bold " + title + "|@"));
  }

  /** The last line: whatever others still have to say is not shown any more. */
  synchronized void lastLine(String text) {
    line("%n%s", text);
    finished = true;
  }

  /** A line that the next one overwrites; only on a terminal. */
  void moving(String text) {
    show("\r" + text + "\u001b[K");
  }

  /** Lines in place of all that is shown; only on a terminal. */
  void page(List<String> lines) {
    // Line by line over the old ones, and the rest cleared: a screen that is cleared first
    // flickers.
    show("\u001b[H" + String.join("\u001b[K\n", lines) + "\u001b[K\n\u001b[J");
  }

  /** Ends a moving line. */
  void settle() {
    show("\r\u001b[K");
  }

  private synchronized void show(String text) {
    if (!finished) {
      out.print(text);
      out.flush();
    }
  }

  /** Rows of equally many cells, each column as wide as it must be. */
  void table(List<String> header, List<List<String>> rows) {
    int[] widths = new int[header.size()];
    Stream.concat(Stream.of(header), rows.stream())
        .forEach(
            row -> {
              for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
              }
            });
    line("%s", ansi.string("@|faint " + padded(header, widths) + "|@"));
    rows.forEach(row -> line("%s", padded(row, widths)));
  }

  private static String padded(List<String> row, int[] widths) {
    var text = new StringBuilder("  ");
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column);
      text.append(cell).append(" ".repeat(widths[column] - cell.length() + 2));
    }
    return text.toString().stripTrailing();
  }
}
