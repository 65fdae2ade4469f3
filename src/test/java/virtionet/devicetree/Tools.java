package virtionet.devicetree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import virtionet.testing.Programs;

/** Blobs that other programs make, and what those programs are asked. */
public final class Tools {
  private Tools() {}

  /** The blob that QEMU makes for a machine such as {@code virt,gic-version=3}. */
  public static Path qemuBlob(Path folder, String arch, String machine)
      throws IOException, InterruptedException {
    String program = "qemu-system-" + arch;
    Programs.need(program);
    Path blob = folder.resolve(arch + "-" + machine.replaceAll("[^a-z0-9]", "-") + ".dtb");
    if (!Files.exists(blob)) {
      Programs.run(
          folder, program, "-machine", machine + ",dumpdtb=" + blob, "-nodefaults", "-nographic");
    }
    return blob;
  }

  /** Cuts off the free space at the end, of which QEMU leaves up to a MiB. */
  static byte[] trimmed(byte[] blob) {
    ByteBuffer words = ByteBuffer.wrap(blob);
    int end =
        Math.max(
            words.getInt(FdtHeader.STRINGS_OFFSET) + words.getInt(FdtHeader.STRINGS_SIZE),
            words.getInt(FdtHeader.STRUCT_OFFSET) + words.getInt(FdtHeader.STRUCT_SIZE));
    byte[] cut = Arrays.copyOf(blob, end);
    ByteBuffer.wrap(cut).putInt(FdtHeader.TOTAL_SIZE, end);
    return cut;
  }

  /** The command with these arguments behind it. */
  static String[] command(List<String> arguments, String... first) {
    List<String> command = new ArrayList<>(List.of(first));
    command.addAll(arguments);
    return command.toArray(String[]::new);
  }
}
