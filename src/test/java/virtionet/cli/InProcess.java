package virtionet.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** What the command line did in this JVM. */
record InProcess(int code, List<String> lines, String errors) {
  static InProcess run(String... words) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Main.commandLine(Failures.standard())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new InProcess(code, out.toString().lines().toList(), err.toString());
  }

  String output() {
    return String.join("\n", lines);
  }
}
