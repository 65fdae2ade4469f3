package virtionet.devicetree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the blocks of one blob (Devicetree Specification 0.4 §5). A loop, not a recursion, and each
 * of its turns consumes at least four bytes: time and memory are bounded by the blob's size.
 */
final class FdtParser {
  static final int BEGIN_NODE = 1;
  static final int END_NODE = 2;
  static final int PROP = 3;
  static final int NOP = 4;
  static final int END = 9;

  private final byte[] blob;
  private final FdtHeader header;
  private final int structEnd;
  private final List<Node> nodes = new ArrayList<>();

  /** Property names by their place in the strings block: most are used many times. */
  private final Map<Integer, String> names = new HashMap<>();

  private int position;

  /**
   * @param blob not changed by anybody from here on
   */
  FdtParser(byte[] blob) {
    this.blob = blob;
    header = FdtHeader.read(blob);
    position = header.structOffset();
    structEnd = header.structOffset() + header.structSize();
  }

  FdtHeader header() {
    return header;
  }

  /** The entries of the memory reservation block (§5.3). */
  List<MemoryReservation> reservations() {
    List<MemoryReservation> found = new ArrayList<>();
    int limit = header.reservationsLimit();
    for (int at = header.reservationsOffset(); ; at += FdtHeader.RESERVATION_SIZE) {
      if (limit - at < FdtHeader.RESERVATION_SIZE) {
        throw new DeviceTreeException(
            at, "the memory reservation block has no last entry of zeros");
      }
      long address = (long) FdtHeader.U64.get(blob, at);
      long size = (long) FdtHeader.U64.get(blob, at + 8);
      if (address == 0 && size == 0) {
        return found;
      }
      found.add(new MemoryReservation(address, size));
    }
  }

  /** All nodes of the structure block (§5.4), parents before children, the root first. */
  List<Node> nodes() {
    @Nullable Node open = null;
    int depth = 0;
    while (true) {
      int at = position;
      int token = word("a token");
      switch (token) {
        case BEGIN_NODE -> {
          open = begin(at, Optional.ofNullable(open), depth);
          depth++;
        }
        case END_NODE -> {
          if (open == null) {
            throw new DeviceTreeException(at, "a node ends where none is open");
          }
          open = open.parent().orElse(null);
          depth--;
        }
        case PROP -> {
          if (open == null) {
            throw new DeviceTreeException(at, "a property outside any node");
          }
          property(at, open);
        }
        case NOP -> {}
        case END -> {
          end(at, open);
          return nodes;
        }
        default -> throw new DeviceTreeException(at, "unknown token 0x%x".formatted(token));
      }
    }
  }

  private Node begin(int at, Optional<Node> parent, int depth) {
    String name = nodeName();
    if (parent.isEmpty() && !nodes.isEmpty()) {
      throw new DeviceTreeException(at, "a second root node, '%s'".formatted(name));
    }
    if (parent.isEmpty() != name.isEmpty()) {
      throw new DeviceTreeException(
          at,
          name.isEmpty()
              ? "a node without a name in " + parent.map(Node::path).orElse("the tree")
              : "the root node has a name, '%s'".formatted(name));
    }
    if (depth == DeviceTree.MAX_DEPTH) {
      throw new DeviceTreeException(
          at, "nodes nest deeper than the %d that are accepted".formatted(DeviceTree.MAX_DEPTH));
    }
    if (nodes.size() == DeviceTree.MAX_NODES) {
      throw new DeviceTreeException(
          at, "more than the %d nodes that are accepted".formatted(DeviceTree.MAX_NODES));
    }
    Node node = new Node(name, at, parent);
    if (node.pathLength() > DeviceTree.MAX_PATH) {
      throw new DeviceTreeException(
          at, "a path of more than the %d bytes that are accepted".formatted(DeviceTree.MAX_PATH));
    }
    if (parent.isPresent() && !parent.get().add(node)) {
      throw new DeviceTreeException(at, "a second node " + node.path());
    }
    nodes.add(node);
    return node;
  }

  private void property(int at, Node node) {
    int length = word("a property's length");
    int nameOffset = word("a property's name offset");
    String name = propertyName(at, nameOffset);
    if (!node.children().isEmpty()) {
      throw new DeviceTreeException(
          at, "property '%s' of %s stands behind a child node".formatted(name, node.path()));
    }
    if (Integer.compareUnsigned(length, structEnd - position) > 0) {
      throw new DeviceTreeException(
          at,
          "property '%s' of %s is %s bytes long: it ends beyond the structure block"
              .formatted(name, node.path(), Integer.toUnsignedString(length)));
    }
    if (!node.add(new Property(node, name, blob, position, length))) {
      throw new DeviceTreeException(
          at, "a second property '%s' of %s".formatted(name, node.path()));
    }
    position = aligned(position + length);
  }

  private void end(int at, @Nullable Node open) {
    if (open != null) {
      throw new DeviceTreeException(
          at, "the structure block ends inside node %s".formatted(open.path()));
    }
    if (nodes.isEmpty()) {
      throw new DeviceTreeException(at, "the structure block ends without a root node");
    }
    if (header.structSizeExact() && position != structEnd) {
      throw new DeviceTreeException(
          at,
          "FDT_END stands 0x%x bytes before the end of the structure block"
              .formatted(structEnd - position));
    }
  }

  private int word(String what) {
    if (structEnd - position < 4) {
      throw new DeviceTreeException(
          position, "the structure block ends where %s should be, without FDT_END".formatted(what));
    }
    int value = (int) FdtHeader.U32.get(blob, position);
    position += 4;
    return value;
  }

  private String nodeName() {
    String name = text(position, structEnd, "node name");
    position = aligned(position + name.length() + 1);
    return name;
  }

  private String propertyName(int at, int nameOffset) {
    String known = names.get(nameOffset);
    if (known != null) {
      return known;
    }
    if (Integer.compareUnsigned(nameOffset, header.stringsSize()) >= 0) {
      throw new DeviceTreeException(
          at,
          "a property's name at 0x%x of the strings block, which has 0x%x bytes"
              .formatted(nameOffset, header.stringsSize()));
    }
    int start = header.stringsOffset() + nameOffset;
    String name = text(start, header.stringsOffset() + header.stringsSize(), "property name");
    if (name.isEmpty()) {
      throw new DeviceTreeException(at, "a property without a name");
    }
    names.put(nameOffset, name);
    return name;
  }

  /** Reads printable ASCII up to its NUL; a slash would make paths ambiguous. */
  private String text(int start, int limit, String what) {
    for (int at = start; at < limit; at++) {
      int c = blob[at];
      if (c == 0) {
        return new String(blob, start, at - start, StandardCharsets.US_ASCII);
      }
      if (c <= ' ' || c > '~' || c == '/') {
        throw new DeviceTreeException(
            at, "a %s with the byte 0x%02x in it".formatted(what, c & 0xff));
      }
      if (at - start == DeviceTree.MAX_NAME) {
        throw new DeviceTreeException(
            start, "a %s of more than %d bytes".formatted(what, DeviceTree.MAX_NAME));
      }
    }
    throw new DeviceTreeException(start, "a %s without an end".formatted(what));
  }

  /** The structure block starts aligned, so absolute offsets align as relative ones do. */
  private int aligned(int at) {
    return (at + 3) & ~3;
  }
}
