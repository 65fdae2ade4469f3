package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trace} on files that are of no use to it. */
class TraceFileTest {
  @TempDir Path folder;

  static void assertRefused(String message, Path file, String... more) {
    String[] words = new String[2 + more.length];
    words[0] = "trace";
    words[1] = file.toString();
    System.arraycopy(more, 0, words, 2, more.length);
    InProcess trace = InProcess.run(words);
    assertEquals(1, trace.code());
    assertTrue(trace.errors().startsWith("virtionet: " + file), trace::errors);
    assertTrue(trace.errors().contains(message), trace::errors);
    assertEquals(1, trace.errors().lines().count(), trace::errors);
    assertEquals(List.of(), trace.lines());
  }

  @Test
  void whatIsNoRecordingIsSaid() throws IOException {
    Path missing = folder.resolve("missing.jfr");
    InProcess trace = InProcess.run("trace", missing.toString());
    assertEquals(1, trace.code());
    assertEquals("virtionet: there is no file " + missing, trace.errors().strip());
    assertRefused("is a folder, and no recording", folder);
    Path text = Files.writeString(folder.resolve("text"), "no recording", StandardCharsets.UTF_8);
    assertRefused("is no flight recording, or a broken one", text);
    assertRefused(
        "is no flight recording, or a broken one", Files.createFile(folder.resolve("empty")));
  }

  @Test
  void aRecordingOfOtherThingsAndOneThatIsCutShortAreSaid() throws IOException {
    Path file = folder.resolve("other.jfr");
    try (var recording = new Recording()) {
      recording.enable("jdk.JVMInformation");
      recording.start();
      recording.stop();
      recording.dump(file);
    }
    assertRefused("tells nothing of virtionet's driver: record it with --record", file);
    byte[] bytes = Files.readAllBytes(file);
    Path half = folder.resolve("half.jfr");
    Files.write(half, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused("is no flight recording, or a broken one", half);
  }
}
