package virtionet.cli.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import virtionet.driver.trace.ActorMessage;
import virtionet.observe.trace.Trace;
import virtionet.observe.trace.Trace.Message;

/** The actors of a trace as a tree, with what they have handled. */
public final class ActorTree {
  private static final String ANONYMOUS = "(without a name)";

  /** An actor, or what is above some; several of the same name, one after the other, are one. */
  private static final class Node {
    private final Map<String, Node> children = new TreeMap<>();
    private final Map<String, Tally> messages = new TreeMap<>();
    private final Tally all = new Tally();
    private long starts;
  }

  private static final class Tally {
    private final Latencies latencies = new Latencies();
    private long failed;

    void add(Message message) {
      latencies.add(message.nanos());
      failed += message.outcome().equals(ActorMessage.FAILED) ? 1 : 0;
    }

    Stream<String> cells() {
      return Stream.concat(
          Stream.of(number(latencies.count()), number(failed)), latencies.cells().stream());
    }
  }

  private final Node root = new Node();

  public ActorTree(Trace trace) {
    for (Message message : trace.messages()) {
      Node node = root;
      for (String name : message.actor().substring(1).split("/", -1)) {
        node =
            node.children.computeIfAbsent(name.startsWith("$") ? ANONYMOUS : name, _ -> new Node());
      }
      if (message.kind().equals(ActorMessage.START)) {
        node.starts++;
      } else {
        node.all.add(message);
      }
      node.messages.computeIfAbsent(message.message(), _ -> new Tally()).add(message);
    }
  }

  /** Of {@link #rows()}. */
  public static List<String> header() {
    return Stream.concat(
            Stream.of("actor", "starts", "messages", "failed"), Latencies.HEADER.stream())
        .toList();
  }

  /** A line for each actor, children under their parents. */
  public List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    root.children.forEach((name, node) -> addRows(rows, "/" + name, "", node));
    return rows;
  }

  private static void addRows(List<List<String>> rows, String name, String indent, Node node) {
    boolean isActor = !node.messages.isEmpty();
    rows.add(
        Stream.concat(
                Stream.of(name, isActor ? number(node.starts) : ""),
                isActor ? node.all.cells() : Stream.of("", "", "", "", ""))
            .toList());
    int left = node.children.size();
    for (Map.Entry<String, Node> child : node.children.entrySet()) {
      left--;
      addRows(
          rows,
          indent + (left > 0 ? "├─ " : "└─ ") + child.getKey(),
          indent + (left > 0 ? "│  " : "   "),
          child.getValue());
    }
  }

  /** Of {@link #messageRows()}. */
  public static List<String> messageHeader() {
    return Stream.concat(
            Stream.of("actor", "message", "handled", "failed"), Latencies.HEADER.stream())
        .toList();
  }

  /** A line for each kind of message that an actor has handled. */
  public List<List<String>> messageRows() {
    List<List<String>> rows = new ArrayList<>();
    addMessageRows(rows, "", root);
    return rows;
  }

  private static void addMessageRows(List<List<String>> rows, String actor, Node node) {
    node.messages.forEach(
        (message, tally) ->
            rows.add(Stream.concat(Stream.of(actor, message), tally.cells()).toList()));
    node.children.forEach((name, child) -> addMessageRows(rows, name, child));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
