package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.observe.pcap.Capture;
import virtionet.observe.pcap.CaptureInterface;
import virtionet.observe.pcap.CaptureSummary;
import virtionet.observe.pcap.PcapSettings;
import virtionet.testing.Patience;
import virtionet.testing.Pcap;
import virtionet.testing.Programs;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** A capture of our own beside the one that QEMU makes of the same traffic. */
@RequiresQemu
class PcapTapOnQemuTest {
  private static final int FRAMES = 300;
  private static final HexFormat HEX = HexFormat.of();
  private static final String[] FIELDS = {
    "-T", "fields", "-e", "frame.len", "-e", "eth.dst", "-e", "eth.src", "-e", "data.data"
  };

  @TempDir Path folder;

  private static byte[] frame(int number) {
    int lengths = TestBytes.LONGEST - TestBytes.SHORTEST + 1;
    return TestBytes.frame(number, TestBytes.SHORTEST + number * 10 % lengths);
  }

  private String told(Path capture, String... more) throws Exception {
    List<String> command =
        Stream.of(List.of("tshark", "-n", "-r", capture.toString()), List.of(FIELDS), List.of(more))
            .flatMap(List::stream)
            .toList();
    return Programs.run(folder, command.toArray(String[]::new));
  }

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "AARCH64_LEGACY"})
  @Tag("tshark")
  void tsharkTellsTheSameFramesOfQemusCaptureAndOfOurs(Variant variant) throws Exception {
    Programs.need("tshark");
    Path qemus = folder.resolve("qemu.pcap");
    Path ours = folder.resolve("ours.pcapng");
    CaptureSummary summary;
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(
                variant
                    .options(wire)
                    .withArguments("-object", "filter-dump,id=dump,netdev=net0,file=" + qemus))) {
      Capture capture = Capture.start(PcapSettings.to(ours));
      var point = capture.point(CaptureInterface.of(driver.device()));
      point.countersFrom(driver.device()::counters);
      var flow = point.tap().join(driver.net().flow(), (none, connection) -> connection);
      try (var station = Station.connect(driver.system(), flow)) {
        station.carry(wire, FRAMES, PcapTapOnQemuTest::frame);
        wire.carry(station, FRAMES, number -> frame(FRAMES + number));
      }
      capture.end();
      summary = Patience.answer(capture.ended());
    }
    assertEquals(2 * FRAMES, summary.frames());
    assertEquals(0, summary.missed());
    assertEquals(told(qemus), told(ours));
    assertEquals(
        IntStream.range(0, 2 * FRAMES).mapToObj(n -> HEX.formatHex(frame(n))).toList(),
        Pcap.frames(qemus).stream().map(HEX::formatHex).toList());
    assertEquals(FRAMES, told(ours, "-Y", "frame.packet_flags_direction == 2").lines().count());
    assertEquals(FRAMES, told(ours, "-Y", "frame.packet_flags_direction == 1").lines().count());
  }
}
