package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes are a tree that can be asked all there is to ask, or a {@link DeviceTreeException}. */
class DeviceTreeFuzz {
  static Stream<byte[]> blobs() {
    byte[] rich = BlobBuilder.rich();
    return Stream.of(
        rich,
        Arrays.copyOf(rich, rich.length / 2),
        new BlobBuilder().version(16).node("").cells("phandle", 1).end().build(),
        BlobBuilder.root().node("a@1").node("b").strings("status", "okay").end().end().build());
  }

  @MethodSource("blobs")
  @FuzzTest
  void aBlobIsATreeOrRefused(byte[] blob) {
    DeviceTree tree;
    try {
      tree = DeviceTree.parse(blob);
    } catch (DeviceTreeException e) {
      assertTrue(e.offset() >= 0, e::toString);
      return;
    }
    for (Node node : tree.nodes()) {
      assertSame(node, tree.at(node.path()).orElseThrow());
      node.properties().forEach(DeviceTreeFuzz::readAll);
      orRefused(node::compatible);
      orRefused(node::reg);
      orRefused(node::isEnabled);
      orRefused(node::dmaCoherence);
      orRefused(() -> tree.interrupts(node));
    }
    tree.devices(Set.of("virtio,mmio"));
    assertSameTree(tree, rewritten(tree).parse());
  }

  private static void readAll(Property property) {
    assertEquals(property.length(), property.bytes().length);
    for (Runnable reader :
        List.<Runnable>of(
            property::u32, property::u64, property::cells, property::string, property::strings)) {
      orRefused(reader);
    }
  }

  private static void orRefused(Runnable reader) {
    try {
      reader.run();
    } catch (DeviceTreeException e) {
      assertTrue(e.offset() >= 0, e::toString);
    }
  }

  /** The tree again as a blob, with its memory reservations left out. */
  private static BlobBuilder rewritten(DeviceTree tree) {
    var builder = new BlobBuilder();
    write(tree.root(), builder);
    return builder;
  }

  private static void write(Node node, BlobBuilder builder) {
    builder.node(node.name());
    node.properties().forEach(property -> builder.property(property.name(), property.bytes()));
    node.children().forEach(child -> write(child, builder));
    builder.end();
  }

  private static void assertSameTree(DeviceTree expected, DeviceTree actual) {
    assertEquals(
        expected.nodes().stream().map(Node::path).toList(),
        actual.nodes().stream().map(Node::path).toList());
    for (int i = 0; i < expected.nodes().size(); i++) {
      Node twin = actual.nodes().get(i);
      assertEquals(expected.nodes().get(i).properties().size(), twin.properties().size());
      for (Property property : expected.nodes().get(i).properties()) {
        assertArrayEquals(property.bytes(), twin.property(property.name()).orElseThrow().bytes());
      }
    }
  }
}
