package virtionet.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import virtionet.documents.Markdown;

/** The calls of virtionet that the documents show. */
final class DocumentedCommands {
  /** The launcher, the jar, or the command of the guest; then the words, to where they end. */
  private static final Pattern CALL =
      Pattern.compile(
          "(?:\\./virtionet|java(?: --\\S+)* -jar \\S*virtionet-[0-9.]+-cli\\.jar)(?="
              + " |$)([^|;&`'<>]*)");

  /** Remarks stand behind a hash, or at a distance. */
  private static final Pattern REMARK = Pattern.compile(" #.*| {3,}.*");

  /** What a reader is to put in. */
  private static final Map<String, String> SAMPLES =
      Map.of(
          "ADDRESS", "10.0.2.2",
          "DEVICE", "eth1",
          "PATH", "/usr/bin/qemu-system-riscv64",
          "FILE", "machine.dtb",
          "F", "frames.pcapng",
          "N", "5");

  /**
   * A call.
   *
   * @param document where it stands
   * @param launcher whether it goes by the launcher, which has words of its own
   */
  record Call(String document, boolean launcher, List<String> words) {
    String word() {
      return words.stream().filter(word -> !word.startsWith("-")).findFirst().orElse("");
    }

    @Override
    public String toString() {
      return document + ": " + String.join(" ", words);
    }
  }

  private DocumentedCommands() {}

  /** All of them, each once for each document. */
  static List<Call> all() {
    return Markdown.all().stream().flatMap(DocumentedCommands::in).distinct().toList();
  }

  private static Stream<Call> in(Markdown document) {
    Stream<String> blocks =
        document.blocks().stream().flatMap(block -> unfolded(block.lines()).stream());
    return Stream.concat(blocks, document.inlineCode().stream())
        .flatMap(text -> in(document.path().toString(), text));
  }

  /** Lines that end with a backslash go on in the next. */
  private static List<String> unfolded(List<String> lines) {
    return Arrays.asList(String.join("\n", lines).replaceAll("\\\\\n\\s*", "").split("\n", -1));
  }

  static Stream<Call> in(String document, String text) {
    Matcher matcher = CALL.matcher(text);
    List<Call> calls = new ArrayList<>();
    while (matcher.find()) {
      List<String> words =
          Stream.of(REMARK.matcher(matcher.group(1)).replaceAll("").strip().split(" +", -1))
              .filter(word -> !word.isEmpty())
              .map(word -> SAMPLES.getOrDefault(word, word))
              .toList();
      if (!words.isEmpty()
          && words.stream().noneMatch(word -> word.contains("…") || word.equals("WORD"))) {
        calls.add(new Call(document, matcher.group().startsWith("./"), words));
      }
    }
    return calls.stream();
  }
}
