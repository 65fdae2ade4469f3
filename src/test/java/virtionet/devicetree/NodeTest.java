package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeTest {

  private static Property property(byte... value) {
    DeviceTree tree = new BlobBuilder().node("").property("p", value).end().parse();
    return tree.root().property("p").orElseThrow();
  }

  private static void assertRefused(String cause, Executable reader) {
    DeviceTreeException refusal = assertThrows(DeviceTreeException.class, reader);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("property 'p' of /: " + cause), message);
  }

  @Test
  void numbersAreBigEndian() {
    byte[] bytes = {0x12, 0x34, 0x56, 0x78, (byte) 0x9a, 0, 0, 1};
    assertEquals(0x12345678_9a000001L, property(bytes).u64());
    assertEquals(List.of(0x12345678, 0x9a000001), property(bytes).cells());
    assertEquals(0x12345678, property((byte) 0x12, (byte) 0x34, (byte) 0x56, (byte) 0x78).u32());
    assertArrayEquals(bytes, property(bytes).bytes());
  }

  @Test
  void aNumberOfTheWrongLengthIsRefused() {
    assertRefused("3 bytes are not one 32-bit", () -> property(new byte[3]).u32());
    assertRefused("8 bytes are not one 32-bit", () -> property(new byte[8]).u32());
    assertRefused("0 bytes are not one 32-bit", () -> property().u32());
    assertRefused("4 bytes are not one 64-bit", () -> property(new byte[4]).u64());
    assertRefused("7 bytes are not a whole number", () -> property(new byte[7]).cells());
    assertEquals(List.of(), property().cells());
  }

  @Test
  void stringsEndWithNul() {
    assertEquals("ab", property((byte) 'a', (byte) 'b', (byte) 0).string());
    assertEquals(
        List.of("a", "", "b"),
        property((byte) 'a', (byte) 0, (byte) 0, (byte) 'b', (byte) 0).strings());
    assertRefused("a string without a NUL", () -> property((byte) 'a').strings());
    assertRefused("a string without a NUL", () -> property().string());
    assertRefused("a string with the byte 0xff", () -> property((byte) -1, (byte) 0).string());
    assertRefused("2 strings where one", () -> property((byte) 0, (byte) 0).string());
  }

  @Test
  void aNodeKnowsItsNameAndPlace() {
    DeviceTree tree = DeviceTree.parse(BlobBuilder.rich());
    Node node = tree.at("/soc/virtio_mmio@1000").orElseThrow();
    assertEquals("virtio_mmio@1000", node.name());
    assertEquals("virtio_mmio", node.baseName());
    assertEquals(Optional.of("1000"), node.unitAddress());
    assertEquals(Optional.of("soc"), node.parent().map(Node::name));
    assertEquals(Optional.empty(), tree.root().parent());
    assertEquals(Optional.empty(), tree.root().unitAddress());
    assertEquals("/", tree.root().path());
    assertThrows(UnsupportedOperationException.class, () -> node.properties().clear());
    assertThrows(UnsupportedOperationException.class, () -> tree.root().children().clear());
  }

  @Test
  void aPathMayLeaveOutTheUnitAddressOfAnOnlyChild() {
    DeviceTree tree = DeviceTree.parse(BlobBuilder.rich());
    assertEquals(tree.at("/plic@c000000"), tree.at("/plic"));
    assertTrue(tree.at("/plic").isPresent());
    assertEquals(Optional.empty(), tree.at("/soc/virtio_mmio"), "there are two");
    assertEquals(Optional.of(tree.root()), tree.at("/"));
    for (String absent : List.of("", "soc", "/so", "/soc/", "//soc", "/soc/x/y")) {
      assertEquals(Optional.empty(), tree.at(absent), absent);
    }
  }

  @Test
  void aPhandleNamesItsNode() {
    DeviceTree tree = DeviceTree.parse(BlobBuilder.rich());
    assertEquals(tree.at("/gic@8000000"), tree.byPhandle(2));
    assertEquals(Optional.empty(), tree.byPhandle(3));
    DeviceTree old = BlobBuilder.root().node("a").cells("linux,phandle", 7).end().end().parse();
    assertEquals(old.at("/a"), old.byPhandle(7));
  }

  @Test
  void aPhandleOfTwoNodesIsRefusedWhenItIsUsed() {
    BlobBuilder blob = BlobBuilder.root().node("a").cells("phandle", 7).end();
    DeviceTree tree = blob.node("b").cells("phandle", 7).end().end().parse();
    DeviceTreeException refusal = assertThrows(DeviceTreeException.class, () -> tree.byPhandle(7));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("node /b: its phandle 0x7 belongs to /a"));
  }

  @Test
  void anyOfTheCompatibleStringsMatchesWhole() {
    Node plic = DeviceTree.parse(BlobBuilder.rich()).at("/plic").orElseThrow();
    assertTrue(plic.isCompatible(Set.of("riscv,plic0")));
    assertTrue(plic.isCompatible(Set.of("x", "sifive,plic-1.0.0")));
    assertFalse(plic.isCompatible(Set.of("riscv,plic", "RISCV,PLIC0", "")));
    assertFalse(plic.isCompatible(Set.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "okay, true",
    "ok, true",
    "disabled, false",
    "reserved, false",
    "fail, false",
    "fail-7, false",
    "OKAY, false",
    "'', false"
  })
  void onlyOkayIsEnabled(String status, boolean enabled) {
    BlobBuilder blob = BlobBuilder.root().node("a").strings("status", status).node("b").end();
    DeviceTree tree = blob.end().end().parse();
    assertEquals(enabled, tree.at("/a").orElseThrow().isEnabled());
    assertEquals(enabled, tree.at("/a/b").orElseThrow().isEnabled(), "below it");
    assertTrue(tree.root().isEnabled(), "above it, where no status is");
  }

  @Test
  void theNearestWordOnCoherenceCounts() {
    BlobBuilder blob = BlobBuilder.root().node("a").property("dma-coherent").node("b").end();
    blob.node("c").property("dma-noncoherent").node("d").end().end().end();
    DeviceTree tree = blob.node("e").end().end().parse();
    assertEquals(DmaCoherence.COHERENT, tree.at("/a").orElseThrow().dmaCoherence());
    assertEquals(DmaCoherence.COHERENT, tree.at("/a/b").orElseThrow().dmaCoherence());
    assertEquals(DmaCoherence.NON_COHERENT, tree.at("/a/c/d").orElseThrow().dmaCoherence());
    assertEquals(DmaCoherence.UNSPECIFIED, tree.at("/e").orElseThrow().dmaCoherence());
    assertTrue(DmaCoherence.UNSPECIFIED.orElse(true));
    assertTrue(DmaCoherence.COHERENT.orElse(false));
    assertFalse(DmaCoherence.NON_COHERENT.orElse(true));
  }
}
