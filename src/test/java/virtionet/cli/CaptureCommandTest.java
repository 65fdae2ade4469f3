package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;
import virtionet.testing.Pcapng;
import virtionet.testing.Programs;
import virtionet.testing.RequiresQemu;

/** {@code capture}, and {@code --pcap} beside other words, on QEMU's user network. */
@RequiresQemu
@Timeout(180)
class CaptureCommandTest {
  private static final String TIME = "\\d\\d:\\d\\d:\\d\\d\\.\\d{6} ";
  private static final String OURS = "52:54:00:12:34:56";

  /** Of QEMU's DHCP server. */
  private static final String THEIRS = "52:55:0a:00:02:02";

  @TempDir Path folder;

  private static boolean holds(Path file, int frames) {
    try {
      return Files.exists(file) && Pcapng.frames(file).size() >= frames;
    } catch (IOException | AssertionError e) {
      // Its last block is being written.
      return false;
    }
  }

  @Test
  void eachFrameIsALineAndTheStatisticsComeAtTheEnd() {
    InProcess capture = InProcess.run("capture", "--dhcp", "-c", "5");
    assertEquals(0, capture.code(), capture.errors());
    String toAll = " > ff:ff:ff:ff:ff:ff, ";
    Lines.assertInOrder(
        capture.lines(),
        List.of(
            TIME + "out " + OURS + toAll + "IPv4, length 342: 0.0.0.0:68 > .*, DHCP request",
            TIME + "in  " + THEIRS + toAll + "IPv4, length 590: 10.0.2.2:67 > .*, DHCP reply",
            TIME + "out .*DHCP request",
            TIME + "in  .*DHCP reply",
            TIME + "out " + OURS + toAll + "ARP, length 42: who has 10.0.2.15\\? tell 10.0.2.15"));
    assertEquals(5, capture.lines().size());
    Lines.assertInOrder(
        capture.errors().lines().toList(),
        List.of(
            "capturing on virtio_mmio@10008000, MAC " + OURS,
            "0 dropped by the driver",
            "capture standard output: 5 frames"));
  }

  @Test
  @Tag("tshark")
  void tsharkFindsThePingsAndTheirAnswers() throws Exception {
    Programs.need("tshark");
    Path file = folder.resolve("ping.pcapng");
    InProcess ping = InProcess.run("ping", "10.0.2.2", "--count", "3", "--pcap", file.toString());
    assertEquals(0, ping.code(), ping.errors());
    String told =
        Programs.run(
            folder,
            "tshark",
            "-n",
            "-r",
            file.toString(),
            "-Y",
            "icmp",
            "-T",
            "fields",
            "-e",
            "icmp.type",
            "-e",
            "icmp.seq",
            "-e",
            "icmp.checksum.status",
            "-e",
            "frame.packet_flags_direction",
            "-e",
            "frame.interface_name");
    List<String> expected =
        List.of(1, 2, 3).stream()
            .flatMap(
                sequence ->
                    List.of(
                        "8\t%d\t1\t0x00000002\tvirtio_mmio@10008000".formatted(sequence),
                        "0\t%d\t1\t0x00000001\tvirtio_mmio@10008000".formatted(sequence))
                        .stream())
            .toList();
    assertEquals(expected, told.lines().toList());
    int frames = Pcapng.frames(file).size();
    assertEquals("capture %s: %d frames".formatted(file, frames), ping.errors().strip());
  }

  @Test
  void aFullDiskCostsTheCaptureAndNotThePings() {
    InProcess ping = InProcess.run("ping", "10.0.2.2", "--count", "2", "--pcap", "/dev/full");
    assertEquals(0, ping.code(), ping.errors());
    assertTrue(ping.lines().getLast().startsWith("2 sent, 2 received"), ping::output);
    assertTrue(
        ping.errors()
            .strip()
            .matches(
                "capture /dev/full: 0 frames, \\d+ not captured; it ended early: No space left on"
                    + " device"),
        ping::errors);
  }

  @Test
  void captureItselfFailsOnAFullDisk() {
    InProcess capture = InProcess.run("capture", "--dhcp", "-w", "/dev/full");
    assertEquals(1, capture.code());
    assertTrue(capture.errors().contains("ended early: No space left on device"), capture::errors);
  }

  @Test
  void aFolderThatIsNotThereIsNamedBeforeAMachineIsStarted() {
    Path file = folder.resolve("no/such.pcapng");
    for (String word : List.of("capture -w", "ping 10.0.2.2 --pcap")) {
      InProcess command = InProcess.run((word + " " + file).split(" "));
      assertEquals(1, command.code(), word);
      assertEquals(
          "virtionet: cannot capture into " + file + ": there is no such folder",
          command.errors().strip());
      assertEquals(List.of(), command.lines());
    }
    InProcess demo = InProcess.run("demo", "--pcap", file.toString());
    assertEquals(1, demo.code());
    assertEquals(
        "demo failed: cannot capture into " + file + ": there is no such folder",
        demo.lines().getLast());
  }

  @Test
  void theFilesAreRotated() throws Exception {
    Path file = folder.resolve("r.pcapng");
    InProcess ping =
        InProcess.run(
            "ping",
            "10.0.2.2",
            "--count",
            "4",
            "--pcap",
            file.toString(),
            "--pcap-rotate",
            "5f,2",
            "--pcap-snaplen",
            "50");
    assertEquals(0, ping.code(), ping.errors());
    // Four frames of the lease, three of ARP, eight pings: the first five are gone.
    assertTrue(Files.notExists(file));
    for (String name : List.of("r-2.pcapng", "r-3.pcapng")) {
      List<byte[]> frames = Pcapng.frames(folder.resolve(name));
      assertEquals(5, frames.size());
      assertTrue(frames.stream().allMatch(frame -> frame.length <= 50));
    }
  }

  @Test
  void anInterruptedCaptureLeavesAWholeFile() throws Exception {
    Path file = folder.resolve("interrupted.pcapng");
    var qemu = new QemuWitness(folder);
    try (var capture = ChildCli.start(qemu, "capture --dhcp -w " + file)) {
      Patience.until("frames are in the file", () -> holds(file, 5));
      capture.signal("INT");
      assertEquals(130, capture.exitCode(), capture::toString);
      assertEquals(List.of(), capture.lines());
      Lines.assertInOrder(
          capture.errors(),
          List.of("capturing on .*", "0 dropped by the driver", "capture .*: [5-9] frames"));
    }
    List<Pcapng.Block> blocks = Pcapng.blocks(file);
    assertEquals(Pcapng.STATISTICS, blocks.getLast().type());
    qemu.awaitNothingLeft();
  }

  @Test
  void standardOutputHasNothingButTheCaptureAndItsReaderMayGo() throws Exception {
    Path out = folder.resolve("out.pcapng");
    Path err = folder.resolve("err");
    String command = ChildCli.command("capture --dhcp -w -");
    // The reader takes the first bytes and goes.
    assertEquals(0, run(command + " -c 5 >" + out + " 2>" + err));
    assertEquals(5, Pcapng.frames(out).size());
    assertEquals(
        0, run("( " + command + " 2>" + err + "; echo $? >" + out + " ) | head -c 60 >/dev/null"));
    assertEquals("0", Files.readString(out).strip(), () -> read(err));
    assertTrue(read(err).contains("ended early: Broken pipe"), () -> read(err));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int run(String script) throws Exception {
    Process shell = new ProcessBuilder("/bin/sh", "-c", script).start();
    try {
      assertTrue(shell.waitFor(2 * Patience.SECONDS, TimeUnit.SECONDS), script);
      return shell.exitValue();
    } finally {
      shell.destroyForcibly();
    }
  }
}
