package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.devicetree.Tools;
import virtionet.testing.RequiresQemu;

/** {@code probe --dtb}: a file in, a table out. */
@RequiresQemu
class ProbeFileTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "riscv64, 8, /soc/virtio_mmio@10008000, '0x10008000, 0x1000 bytes', 8",
    "aarch64, 32, /virtio_mmio@a003e00, '0x0a003e00, 0x200 bytes', 47"
  })
  void eachVirtioNodeOfAMachineIsListed(
      String architecture, int nodes, String path, String window, int line) throws Exception {
    InProcess probe = probe(Tools.qemuBlob(folder, architecture, "virt"));
    assertEquals(0, probe.code(), probe.errors());
    assertEquals("", probe.errors());
    assertEquals(1 + nodes, probe.lines().size(), probe::output);
    Lines.assertInOrder(probe.lines(), List.of("  node +registers +line"));
    assertTrue(
        probe.lines().stream()
            .anyMatch(row -> row.matches("  %s +%s +%d".formatted(path, window, line))),
        probe::output);
  }

  @Test
  void aTreeWithoutVirtioNodesSaysSo() throws Exception {
    byte[] blob = Files.readAllBytes(Tools.qemuBlob(folder, "riscv64", "virt"));
    String text = new String(blob, StandardCharsets.ISO_8859_1);
    Path file =
        file(text.replace("virtio,mmio", "virtue,mmio").getBytes(StandardCharsets.ISO_8859_1));
    InProcess probe = probe(file);
    assertEquals(0, probe.code(), probe.errors());
    assertEquals(List.of(file + ": no node is compatible with virtio,mmio"), probe.lines());
  }

  @Test
  void aBlobThatIsCutShortIsRefusedWithOffsetAndCause() throws Exception {
    byte[] blob = Files.readAllBytes(Tools.qemuBlob(folder, "aarch64", "virt"));
    assertRefused(file(Arrays.copyOf(blob, 100)), "byte 0x4: ");
  }

  @Test
  void aFileThatIsNoBlobIsRefusedWithItsMagic() throws Exception {
    assertRefused(
        file("/dts-v1/; / { compatible = \"virt\"; };\n".getBytes(StandardCharsets.US_ASCII)),
        "byte 0x0: ");
  }

  @Test
  void anEmptyFileIsRefused() throws Exception {
    assertRefused(file(new byte[0]), "0 of ");
  }

  @Test
  void aMissingFileIsSaid() {
    Path missing = folder.resolve("missing.dtb");
    InProcess probe = probe(missing);
    assertEquals(1, probe.code());
    assertEquals("virtionet: there is no file " + missing, probe.errors().strip());
  }

  @Test
  void aFolderIsNoFile() {
    InProcess probe = probe(folder);
    assertEquals(1, probe.code());
    assertEquals(
        "virtionet: " + folder + " cannot be read: Is a directory", probe.errors().strip());
  }

  @Test
  void aFileHasNoFeaturesToShow() throws Exception {
    InProcess probe = InProcess.run("probe", "--features", "--dtb", "any.dtb");
    assertEquals(2, probe.code());
    assertTrue(probe.errors().contains("--features is of devices"), probe.errors());
  }

  private static void assertRefused(Path file, String cause) {
    InProcess probe = probe(file);
    assertEquals(1, probe.code());
    String start = "virtionet: " + file + " is no flattened device tree: ";
    assertTrue(probe.errors().startsWith(start), probe.errors());
    assertTrue(probe.errors().contains(cause), probe.errors());
    assertEquals(1, probe.errors().lines().count(), probe.errors());
    assertEquals(List.of(), probe.lines());
  }

  private static InProcess probe(Path file) {
    return InProcess.run("probe", "--dtb", file.toString());
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("file.dtb"), content);
  }
}
