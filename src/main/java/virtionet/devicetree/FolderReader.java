package virtionet.devicetree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads a tree that Linux shows as folders, one a node, and files, one a property. */
final class FolderReader {
  private static final int NO_OFFSET = 0;

  private final List<Node> nodes = new ArrayList<>();
  private long bytes;

  /** The nodes, the root first, each after its parent. */
  List<Node> read(Path folder) throws IOException {
    read(folder, new Node("", NO_OFFSET, Optional.empty()), 1);
    return nodes;
  }

  private void read(Path folder, Node node, int depth) throws IOException {
    if (depth > DeviceTree.MAX_DEPTH || nodes.size() == DeviceTree.MAX_NODES) {
      throw new DeviceTreeException(NO_OFFSET, folder + " is beyond what a device tree may be");
    }
    nodes.add(node);
    List<Path> entries;
    try (Stream<Path> files = Files.list(folder)) {
      entries = files.sorted().toList();
    }
    for (Path entry : entries) {
      String name = entry.getFileName().toString();
      if (Files.isDirectory(entry)) {
        Node child = new Node(name, NO_OFFSET, Optional.of(node));
        node.add(child);
        read(entry, child, depth + 1);
      } else {
        byte[] value = Files.readAllBytes(entry);
        bytes += value.length;
        if (bytes > DeviceTree.MAX_SIZE) {
          throw new DeviceTreeException(NO_OFFSET, folder + " is larger than a device tree may be");
        }
        node.add(new Property(node, name, value, 0, value.length));
      }
    }
  }
}
