package virtionet.devicetree;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A plain reading of the source text that {@code dtc -O dts} writes, one thing to a line; it shares
 * nothing with the parser under test.
 *
 * @param nodes the properties in hex by node path
 */
record DtsText(List<MemoryReservation> reservations, Map<String, Map<String, String>> nodes) {

  static DtsText read(String text) {
    List<MemoryReservation> reservations = new ArrayList<>();
    Map<String, Map<String, String>> nodes = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.startsWith("/memreserve/")) {
        String[] words = line.replace(";", "").split("\\s+", -1);
        reservations.add(new MemoryReservation(Long.decode(words[1]), Long.decode(words[2])));
      } else if (line.endsWith("{")) {
        String name = line.substring(0, line.length() - 1).strip();
        String path = open.isEmpty() ? "/" : open.peek().replaceAll("/$", "") + "/" + name;
        open.push(path);
        nodes.put(path, new LinkedHashMap<>());
      } else if (line.equals("};")) {
        open.pop();
      } else if (!line.isEmpty() && !line.equals("/dts-v1/;")) {
        String path = String.valueOf(open.peek());
        String[] halves = line.substring(0, line.length() - 1).split(" = ", 2);
        byte[] value = halves.length == 1 ? new byte[0] : value(halves[1]);
        nodes.getOrDefault(path, Map.of()).put(halves[0], HexFormat.of().formatHex(value));
      }
    }
    return new DtsText(reservations, nodes);
  }

  private static byte[] value(String text) {
    String inside = text.substring(1, text.length() - 1);
    return switch (text.charAt(0)) {
      case '<' -> cells(inside);
      case '[' -> HexFormat.of().parseHex(inside.replace(" ", ""));
      case '"' -> string(inside);
      default -> throw new AssertionError("neither cells, bytes nor string: " + text);
    };
  }

  private static byte[] cells(String text) {
    String[] words = text.strip().split("\\s+", -1);
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 4);
    Arrays.stream(words).forEach(word -> bytes.putInt(Long.decode(word).intValue()));
    return bytes.array();
  }

  /** Lists of strings come as one string, the NUL between them written as {@code \0}. */
  private static byte[] string(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c != '\\') {
        bytes.write(c);
        continue;
      }
      char escaped = text.charAt(++at);
      int known = "0abtnvfr".indexOf(escaped);
      if (escaped == 'x') {
        bytes.write(HexFormat.fromHexDigits(text, at + 1, at + 3));
        at += 2;
      } else {
        bytes.write(known < 0 ? escaped : known == 0 ? 0 : known + 6);
      }
    }
    bytes.write(0);
    return bytes.toByteArray();
  }

  /** The same of a parsed tree. */
  static DtsText of(DeviceTree tree) {
    Map<String, Map<String, String>> nodes = new LinkedHashMap<>();
    for (Node node : tree.nodes()) {
      Map<String, String> properties = new LinkedHashMap<>();
      for (Property property : node.properties()) {
        properties.put(property.name(), HexFormat.of().formatHex(property.bytes()));
      }
      nodes.put(node.path(), properties);
    }
    return new DtsText(tree.memoryReservations(), nodes);
  }

  /** All of it in order, a line for each property. */
  @Override
  public String toString() {
    StringBuilder lines = new StringBuilder("reserved " + reservations + "\n");
    nodes.forEach(
        (path, properties) -> {
          lines.append(path).append('\n');
          properties.forEach((name, value) -> lines.append("  %s = %s%n".formatted(name, value)));
        });
    return lines.toString();
  }
}
