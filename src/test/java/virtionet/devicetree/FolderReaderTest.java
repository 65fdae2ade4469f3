package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree as Linux shows it: folders are nodes, files are properties. */
class FolderReaderTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");

  @TempDir private Path folder;

  /** Writes a tree as Linux would show it. */
  private static void show(Node node, Path at) throws IOException {
    Files.createDirectories(at);
    for (Property property : node.properties()) {
      Files.write(at.resolve(property.name()), property.bytes());
    }
    for (Node child : node.children()) {
      show(child, at.resolve(child.name()));
    }
  }

  @Test
  void itTellsWhatTheBlobTells() throws Exception {
    DeviceTree blob = DeviceTree.parse(BlobBuilder.rich());
    show(blob.root(), folder);
    DeviceTree shown = DeviceTree.readFolder(folder);
    assertEquals(
        blob.nodes().stream().map(Node::path).sorted().toList(),
        shown.nodes().stream().map(Node::path).sorted().toList());
    assertEquals(described(blob), described(shown));
    assertEquals(List.of(), shown.memoryReservations());
    assertArrayEquals(
        blob.at("/soc/virtio_mmio@2000").orElseThrow().property("mac").orElseThrow().bytes(),
        shown.at("/soc/virtio_mmio@2000").orElseThrow().property("mac").orElseThrow().bytes());
  }

  private static List<String> described(DeviceTree tree) {
    return tree.devices(VIRTIO).devices().stream()
        .map(
            device ->
                "%s %s %s %s"
                    .formatted(
                        device.path(),
                        device.windows(),
                        device.interrupts().stream().map(InterruptSpecifier::number).toList(),
                        device.dmaCoherence()))
        .toList();
  }

  @Test
  void aTreeThatIsTooDeepIsRefused() throws Exception {
    Files.createDirectories(folder.resolve("n/".repeat(DeviceTree.MAX_DEPTH - 1)));
    assertEquals(DeviceTree.MAX_DEPTH, DeviceTree.readFolder(folder).nodes().size());
    Files.createDirectories(folder.resolve("n/".repeat(DeviceTree.MAX_DEPTH)));
    assertThrows(DeviceTreeException.class, () -> DeviceTree.readFolder(folder));
  }

  @Test
  void aTreeThatIsTooLargeIsRefused() throws Exception {
    Files.write(folder.resolve("a"), new byte[DeviceTree.MAX_SIZE]);
    DeviceTree.readFolder(folder);
    Files.write(folder.resolve("b"), new byte[1]);
    assertThrows(DeviceTreeException.class, () -> DeviceTree.readFolder(folder));
  }

  @Test
  void aFolderThatIsNotThereIsNoTree() {
    assertThrows(IOException.class, () -> DeviceTree.readFolder(folder.resolve("nothing")));
  }
}
