package virtionet.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What the command line did in this JVM. */
record InProcess(int code, List<String> lines, String errors) {
  static InProcess run(String... words) {
    return run(new StringWriter(), words);
  }

  /**
   * @param out where its output can be seen meanwhile
   */
  static InProcess run(StringWriter out, String... words) {
    var err = new StringWriter();
    // As the command line's own configuration has it: what failed, it says itself.
    Logger driver = (Logger) LoggerFactory.getLogger("virtionet.driver");
    @Nullable Level before = driver.getLevel();
    driver.setLevel(Level.OFF);
    try {
      int code =
          Main.commandLine(Failures.standard())
              .setOut(new PrintWriter(out, true))
              .setErr(new PrintWriter(err, true))
              .execute(words);
      return new InProcess(code, out.toString().lines().toList(), err.toString());
    } finally {
      driver.setLevel(before);
    }
  }

  String output() {
    return String.join("\n", lines);
  }
}
