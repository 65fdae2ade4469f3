package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.testing.Pcap;
import virtionet.testing.Programs;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** QEMU's own capture as a witness of what passed between the device and its network. */
@RequiresQemu
class CaptureTest {
  private static final int FRAMES = 300;
  private static final HexFormat HEX = HexFormat.of();

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void theCaptureHoldsExactlyTheFramesThatWereSent(Variant variant) throws Exception {
    List<String> captured = Pcap.frames(capture(variant)).stream().map(HEX::formatHex).toList();
    assertEquals(sent(HEX::formatHex), captured);
  }

  @Test
  @Tag("tshark")
  void tsharkReadsTheSameFrames() throws Exception {
    Programs.need("tshark");
    String capture = capture(Variant.RISCV64_MODERN).toString();
    String told =
        Programs.run(
            folder,
            ("tshark -n -T fields -e frame.len -e eth.dst -e eth.src -e data.data -r " + capture)
                .split(" ", -1));
    assertEquals(sent(CaptureTest::asTold), told.replace(":", "").lines().toList());
  }

  private static String asTold(byte[] frame) {
    return "%d\t%s\t%s\t%s"
        .formatted(
            frame.length,
            HEX.formatHex(frame, 0, 6),
            HEX.formatHex(frame, 6, 12),
            HEX.formatHex(frame, TestBytes.SHORTEST, frame.length));
  }

  private static byte[] frame(int number) {
    int lengths = TestBytes.LONGEST - TestBytes.SHORTEST + 1;
    return TestBytes.frame(number, TestBytes.SHORTEST + number * 10 % lengths);
  }

  /** The frames of both ways, in the order in which they are sent. */
  private static List<String> sent(Function<byte[], String> text) {
    return IntStream.range(0, 2 * FRAMES).mapToObj(CaptureTest::frame).map(text).toList();
  }

  /** A capture of frames from the driver, and then of others to it. */
  private Path capture(Variant variant) throws Exception {
    Path file = folder.resolve("capture.pcap");
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(
                variant
                    .options(wire)
                    .withArguments("-object", "filter-dump,id=dump,netdev=net0,file=" + file));
        var station = driver.station()) {
      station.carry(wire, FRAMES, CaptureTest::frame);
      wire.carry(station, FRAMES, number -> frame(FRAMES + number));
    }
    return file;
  }
}
