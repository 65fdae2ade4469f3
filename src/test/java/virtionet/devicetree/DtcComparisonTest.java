package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.testing.Programs;

/** The whole of each blob, every node and each byte, is what the tools of {@code dtc} see in it. */
@Tag("dtc")
class DtcComparisonTest {
  private static final int MACHINE_NODES = 15;

  @TempDir private static Path folder;

  @Test
  void aBuiltBlobIsReadAsDtcReadsIt() throws IOException, InterruptedException {
    compare(Files.write(folder.resolve("rich.dtb"), BlobBuilder.rich()), 6);
  }

  @ParameterizedTest
  @Tag("qemu")
  @CsvSource(
      delimiter = ' ',
      value = {
        "riscv64 virt",
        "riscv64 virt,aia=aplic-imsic",
        "aarch64 virt",
        "aarch64 virt,gic-version=3,virtualization=on"
      })
  void aMachinesBlobIsReadAsDtcReadsIt(String arch, String machine)
      throws IOException, InterruptedException {
    compare(Tools.qemuBlob(folder, arch, machine), MACHINE_NODES);
  }

  private static void compare(Path blob, int leastNodes) throws IOException, InterruptedException {
    Programs.need("dtc");
    Programs.need("fdtget");
    DeviceTree tree = DeviceTree.read(blob);
    assertTrue(tree.nodes().size() >= leastNodes, "only " + tree.nodes());
    String ours = DtsText.of(tree).toString();

    Path source = folder.resolve(blob.getFileName() + ".dts");
    Programs.run(folder, "dtc", "-q", "-I", "dtb", "-O", "dts", "-o", source.toString(), blob + "");
    assertEquals(DtsText.read(Files.readString(source)).toString(), ours);

    for (String version : List.of("16", "17")) {
      Path again = folder.resolve(blob.getFileName() + "." + version);
      Programs.run(
          folder,
          Tools.command(
              List.of("-V", version, "-o", again.toString(), source.toString()),
              "dtc",
              "-q",
              "-I",
              "dts",
              "-O",
              "dtb"));
      assertEquals(ours, DtsText.of(DeviceTree.read(again)).toString(), "version " + version);
    }
    compareWithLibfdt(tree, blob.toString());
  }

  private static void compareWithLibfdt(DeviceTree tree, String blob)
      throws IOException, InterruptedException {
    List<String> paths = tree.nodes().stream().map(Node::path).toList();
    assertEquals(
        lines(
            tree.nodes().stream()
                .flatMap(node -> node.children().stream())
                .map(Node::name)
                .toList()),
        Programs.run(folder, Tools.command(paths, "fdtget", "-l", blob)));
    assertEquals(
        lines(
            tree.nodes().stream()
                .flatMap(node -> node.properties().stream())
                .map(Property::name)
                .toList()),
        Programs.run(folder, Tools.command(paths, "fdtget", "-p", blob)));
    List<String> questions = new ArrayList<>();
    List<String> answers = new ArrayList<>();
    for (Node node : tree.nodes()) {
      for (Property property : node.properties()) {
        questions.add(node.path());
        questions.add(property.name());
        answers.add(HexFormat.of().formatHex(property.bytes()));
      }
    }
    String told = Programs.run(folder, Tools.command(questions, "fdtget", "-t", "bx", blob));
    assertEquals(lines(answers), lines(told.lines().map(DtcComparisonTest::bytes).toList()));
  }

  /** {@code fdtget} prints bytes without leading zeros. */
  private static String bytes(String line) {
    StringBuilder hex = new StringBuilder();
    for (String word : line.strip().split(" ", -1)) {
      hex.append(word.length() == 1 ? "0" + word : word);
    }
    return hex.toString();
  }

  private static String lines(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
