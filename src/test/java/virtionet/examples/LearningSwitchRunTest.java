package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** Runs the third example of docs/examples.md as a reader would, on two wires. */
@RequiresQemu
class LearningSwitchRunTest {

  @Test
  void framesOfEachLengthPassFromWireToWireUnchanged(@TempDir Path folder) throws Exception {
    try (var one = new Wire();
        var other = new Wire();
        var running =
            RunningExample.start(
                folder,
                LearningSwitch.class,
                Variant.RISCV64_MODERN
                    .options()
                    .withNetdevs(one.netdev("one"), other.netdev("other"))
                    .withDevices(
                        "virtio-net-device,netdev=one", "virtio-net-device,netdev=other"))) {
      String first = running.line();
      String second = running.line();
      assertEquals(
          Set.of("virtio_mmio@10007000 is a port", "virtio_mmio@10008000 is a port"),
          Set.of(first, second));
      one.carry(other, 1_000, TestBytes.ofEachLength());
      other.carry(one, 1_000, TestBytes.ofEachLength());
    }
  }
}
