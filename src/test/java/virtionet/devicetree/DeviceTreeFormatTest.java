package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTreeFormatTest {
  private static final int START = BlobBuilder.STRUCT;

  private static BlobBuilder empty() {
    return new BlobBuilder().node("").end();
  }

  private static DeviceTreeException refused(byte[] blob) {
    return assertThrows(DeviceTreeException.class, () -> DeviceTree.parse(blob));
  }

  private static void assertRefused(long offset, String cause, byte[] blob) {
    DeviceTreeException refusal = refused(blob);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(cause), message);
    assertEquals(offset, refusal.offset(), message);
    assertTrue(message.contains("byte 0x%x:".formatted(offset)), message);
  }

  @Test
  void aTreeIsReadAsItWasWritten() {
    DeviceTree tree = DeviceTree.parse(BlobBuilder.rich());
    assertEquals(
        List.of(
            "/",
            "/plic@c000000",
            "/gic@8000000",
            "/soc",
            "/soc/virtio_mmio@1000",
            "/soc/virtio_mmio@2000"),
        tree.nodes().stream().map(Node::path).toList());
    assertEquals(
        List.of("#address-cells", "#size-cells", "interrupt-parent", "model"),
        tree.root().properties().stream().map(Property::name).toList());
    assertEquals(List.of(new MemoryReservation(0x1_8000_0000L, 0x1000)), tree.memoryReservations());
    assertEquals(3, tree.bootCpu());
  }

  @Test
  void memoryAndFilesAreReadAsBytesAre(@TempDir Path folder) throws IOException {
    byte[] blob = BlobBuilder.rich();
    Path file = Files.write(folder.resolve("rich.dtb"), blob);
    assertEquals(6, DeviceTree.read(file).nodes().size());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, blob);
      assertEquals(6, DeviceTree.parse(memory).nodes().size());
    }
    assertThrows(IOException.class, () -> DeviceTree.read(folder.resolve("absent")));
  }

  @Test
  void laterChangesOfTheBytesDoNotReachTheTree() {
    byte[] blob = BlobBuilder.rich();
    DeviceTree tree = DeviceTree.parse(blob);
    Arrays.fill(blob, (byte) 0xff);
    assertEquals("rich", tree.root().property("model").orElseThrow().string());
    tree.root().property("model").orElseThrow().bytes()[0] = 'x';
    assertEquals("rich", tree.root().property("model").orElseThrow().string());
  }

  @Test
  void whatFollowsTheTotalSizeIsIgnored() {
    byte[] blob = BlobBuilder.rich();
    byte[] longer = Arrays.copyOf(blob, DeviceTree.MAX_SIZE + 5);
    Arrays.fill(longer, blob.length, longer.length, (byte) 9);
    assertEquals(6, DeviceTree.parse(longer).nodes().size());
  }

  @Test
  void emptyWordsAreSkippedEverywhere() {
    BlobBuilder blob = new BlobBuilder().word(4).node("").word(4).cells("a", 1).word(4).word(4);
    DeviceTree tree = blob.node("b").word(4).end().word(4).end().word(4).parse();
    assertEquals(2, tree.nodes().size());
  }

  @Test
  void version16GivesNoSizeOfTheStructureBlock() {
    assertEquals(1, empty().version(16).parse().nodes().size());
    BlobBuilder unended = new BlobBuilder().version(16).node("").end();
    assertRefused(unended.position(), "without FDT_END", unended.layOut());
  }

  @Test
  void aNewerVersionThatStaysCompatibleIsRead() {
    assertEquals(1, empty().version(18).parse().nodes().size());
  }

  @Test
  void fewerBytesThanAHeaderAreRefused() {
    assertRefused(0, "0 of 36 bytes", new byte[0]);
    assertRefused(35, "35 of 36 bytes", Arrays.copyOf(BlobBuilder.rich(), 35));
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] blob = BlobBuilder.rich();
    for (int length = 0; length < blob.length; length++) {
      refused(Arrays.copyOf(blob, length));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0x00 | 0xedfe0dd0 | magic is 0xedfe0dd0
          0x04 | 0x10       | is less than the header's 40 bytes
          0x04 | 0x1000     | truncated
          0x04 | 0xffffffff | total size 4294967295 is more than the 4194304
          0x08 | 0x4a       | structure block at 0x4a is not aligned to 4
          0x08 | 0x10000    | structure block at 0x10000 starts beyond
          0x08 | 0xfffffffc | structure block at 0xfffffffc starts beyond
          0x08 | 0x20       | structure block 0x20+0x1c overlaps the header
          0x08 | 0x30       | overlaps the memory reservation block
          0x0c | 0xffffffff | strings block at 0xffffffff starts beyond
          0x0c | 0x04       | strings block 0x4+0x2 overlaps the header
          0x0c | 0x28       | strings block 0x28+0x2 overlaps the memory reservation block
          0x0c | 0x4c       | strings block 0x4c+0x2 overlaps the structure block
          0x10 | 0x2c       | memory reservation block at 0x2c is not aligned to 8
          0x10 | 0x4000     | memory reservation block at 0x4000 starts beyond
          0x10 | 0x20       | memory reservation block 0x20+0x10 overlaps the header
          0x14 | 15         | version 15 is older than 16
          0x14 | 0          | version 0 is older than 16
          0x18 | 18         | only readers of version 18
          0x18 | 0xffffffff | only readers of version 4294967295
          0x20 | 0x100      | strings block of 0x100 bytes
          0x20 | 0xffffffff | strings block of 0xffffffff bytes
          0x24 | 0x100      | structure block of 0x100 bytes
          0x24 | 0x80000000 | structure block of 0x80000000 bytes
          """)
  void aHeaderThatCannotBeIsRefused(String field, String value, String cause) {
    int offset = Integer.decode(field);
    int word = Long.decode(value).intValue();
    byte[] blob = new BlobBuilder().node("").property("a").end().patch(offset, word).build();
    assertRefused(offset, cause, blob);
  }

  @Test
  void aLastCompatibleVersionBeyondTheVersionIsRefused() {
    byte[] blob = empty().version(16).patch(FdtHeader.LAST_COMPATIBLE_VERSION, 17).build();
    assertRefused(FdtHeader.LAST_COMPATIBLE_VERSION, "newer than its version 16", blob);
  }

  @Test
  void aReservationBlockWithoutALastEntryIsRefused() {
    byte[] blob = empty().patch(0x38, 1).patch(0x40, 1).build();
    assertRefused(START, "no last entry of zeros", blob);
  }

  @Test
  void anUnknownTokenIsRefused() {
    assertRefused(START, "unknown token 0x7", new BlobBuilder().word(7).build());
  }

  @Test
  void aStructureBlockWithoutEndIsRefused() {
    assertRefused(START + 12, "without FDT_END", empty().layOut());
  }

  @Test
  void aStructureBlockThatEndsInsideANodeIsRefused() {
    assertRefused(START + 16, "ends inside node /a", root("a").build());
  }

  @Test
  void aStructureBlockWithoutRootIsRefused() {
    assertRefused(START, "without a root node", new BlobBuilder().build());
  }

  @Test
  void wordsBehindTheEndAreRefused() {
    assertRefused(
        START + 12, "0x4 bytes before the end", empty().word(FdtParser.END).word(4).layOut());
  }

  @Test
  void aNodeNameWithoutEndIsRefused() {
    byte[] blob = new BlobBuilder().word(FdtParser.BEGIN_NODE).word(0x61616161).layOut();
    assertRefused(START + 4, "node name without an end", blob);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a/b", "a\tb", "a\u007fb", "a\u00e4b"})
  void aNodeNameOfOtherThanPrintableCharactersIsRefused(String name) {
    assertRefused(START + 13, "node name with the byte", root(name).build());
  }

  @Test
  void aNameLongerThanTheLimitIsRefused() {
    root("x".repeat(DeviceTree.MAX_NAME)).end().end().parse();
    assertRefused(
        START + 12, "more than 255 bytes", root("x".repeat(DeviceTree.MAX_NAME + 1)).build());
  }

  @Test
  void aRootWithANameIsRefused() {
    assertRefused(START, "the root node has a name", new BlobBuilder().node("a").end().build());
  }

  @Test
  void aChildWithoutANameIsRefused() {
    assertRefused(START + 8, "without a name in /", root("").end().end().build());
  }

  @Test
  void aSecondRootIsRefused() {
    assertRefused(START + 12, "second root", empty().node("").end().build());
  }

  @Test
  void anEndOfNoNodeIsRefused() {
    assertRefused(START + 12, "none is open", empty().end().build());
  }

  @Test
  void aSecondChildOfTheSameNameIsRefused() {
    assertRefused(START + 20, "a second node /a", root("a").end().node("a").end().end().build());
  }

  @Test
  void aSecondPropertyOfTheSameNameIsRefused() {
    BlobBuilder blob = new BlobBuilder().node("").cells("a", 1).cells("a", 2).end();
    assertRefused(START + 24, "a second property 'a' of /", blob.build());
  }

  @Test
  void aPropertyOutsideANodeIsRefused() {
    assertRefused(START, "outside any node", new BlobBuilder().property("a").build());
  }

  @Test
  void aPropertyBehindAChildIsRefused() {
    byte[] blob = root("a").end().property("b").end().build();
    assertRefused(START + 20, "'b' of / stands behind a child node", blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 0x7fff_ffff, -1, -4})
  void aPropertyLongerThanTheBlockIsRefused(int length) {
    byte[] blob = new BlobBuilder().node("").property("a").end().patch(START + 12, length).build();
    assertRefused(START + 8, "ends beyond the structure block", blob);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 0x7fff_ffff, -1})
  void aPropertyNameOutsideTheStringsIsRefused(int offset) {
    byte[] blob = new BlobBuilder().node("").property("a").end().patch(START + 16, offset).build();
    assertRefused(START + 8, "of the strings block, which has 0x2 bytes", blob);
  }

  @Test
  void aPropertyNameWithoutEndIsRefused() {
    byte[] blob = new BlobBuilder().node("").property("a").end().build();
    blob[blob.length - 1] = 'a';
    assertRefused(blob.length - 2, "property name without an end", blob);
  }

  @Test
  void aPropertyWithoutANameIsRefused() {
    assertRefused(
        START + 8, "without a name", new BlobBuilder().node("").property("").end().build());
  }

  @Test
  void nodesMayNestUpToTheLimitOnly() {
    assertEquals(DeviceTree.MAX_DEPTH, nest(DeviceTree.MAX_DEPTH).parse().nodes().size());
    DeviceTreeException refusal = refused(nest(DeviceTree.MAX_DEPTH + 1).build());
    assertTrue(String.valueOf(refusal.getMessage()).contains("deeper than the 64"));
  }

  private static BlobBuilder nest(int depth) {
    BlobBuilder blob = new BlobBuilder();
    for (int i = 0; i < depth; i++) {
      blob.node(i == 0 ? "" : "a");
    }
    for (int i = 0; i < depth; i++) {
      blob.end();
    }
    return blob;
  }

  @Test
  void moreNodesThanTheLimitAreRefused() {
    BlobBuilder blob = new BlobBuilder().node("");
    for (int i = 0; i < DeviceTree.MAX_NODES; i++) {
      blob.node(Integer.toString(i)).end();
    }
    String message = String.valueOf(refused(blob.end().build()).getMessage());
    assertTrue(message.contains("more than the 65536 nodes"), message);
  }

  @Test
  void aPathLongerThanTheLimitIsRefused() {
    BlobBuilder blob = new BlobBuilder().node("");
    for (int i = 0; i < 5; i++) {
      blob.node("x".repeat(250));
    }
    String message = String.valueOf(refused(blob.build()).getMessage());
    assertTrue(message.contains("a path of more than the 1024 bytes"), message);
  }

  /** A root and a child, both open. */
  private static BlobBuilder root(String child) {
    return new BlobBuilder().node("").node(child);
  }
}
