package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.net.MacAddress;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.Variant;

/** Runs the second example of docs/examples.md, with Linux at the far end. */
@RequiresQemu
@RequiresTap
class EchoResponderOnQemuTest {
  private static final int PATIENCE_MILLIS = 30_000;

  /** Java asks by ICMP where it may, as root may; nothing here answers its other way. */
  @Test
  void linuxFindsItAndReachesIt(@TempDir Path folder) throws Exception {
    try (var tap = TapNamespace.create();
        var responder =
            RunningExample.start(
                folder, EchoResponder.class, tap.apply(Variant.RISCV64_MODERN.options()))) {
      assertEquals("virtio_mmio@10008000 answers as 52:54:00:12:34:56", responder.line());
      tap.awaitUp();
      InetAddress ours = InetAddress.getByName(TapNamespace.OURS_V4);
      assertTrue(tap.inside(() -> ours.isReachable(PATIENCE_MILLIS)));
      assertEquals(Optional.of(MacAddress.parse("52:54:00:12:34:56")), tap.ourStation());
    }
  }
}
