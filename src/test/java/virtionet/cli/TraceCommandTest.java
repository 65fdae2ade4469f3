package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.driver.trace.ActorMessage;
import virtionet.observe.trace.Trace;
import virtionet.testing.RequiresQemu;

/** {@code --record}, and {@code trace} on what it made. */
@RequiresQemu
@Timeout(180)
class TraceCommandTest {
  private static final String TIME = "-?[0-9.]+ (µs|ms|s)";
  private static final String THREE = " +" + TIME + " +" + TIME + " +" + TIME;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String DEVICE = "virtio_mmio@10008000";

  @TempDir Path folder;

  @Test
  void aRecordedDemoIsShownFromTheActorsToOneInterrupt() {
    Path file = folder.resolve("demo.jfr");
    InProcess demo = InProcess.run("demo", "--count", "300", "--record", file.toString());
    assertEquals(0, demo.code(), demo::output);
    assertEquals("recording " + file + ": `trace` shows it", demo.errors().strip());

    InProcess trace = InProcess.run("trace", file.toString());
    assertEquals(0, trace.code(), trace.errors());
    assertEquals("", trace.errors());
    Lines.assertInOrder(
        trace.lines(),
        List.of(
            file + ": .* s, from .*",
            "Actors",
            "  actor +starts +messages +failed +p50 +p99 +max",
            "  /system",
            "  ├─ virtio_net +1 +\\d+ +0" + THREE,
            "  │     ├─ interrupt +1 +\\d+ +0" + THREE,
            "  └─ virtio_net-service +1 +\\d+ +0" + THREE,
            "Messages and signals",
            "  virtio_net +Connect +1 +0" + THREE,
            "  startup +Connect +1 +0" + THREE,
            "Received by " + DEVICE,
            "  \\d+ batches of up to \\d+ frames: 3\\d\\d frames, .* bytes; 0 dropped, 0 malformed;"
                + " .*",
            "  from the line to +times +p50 +p99 +max",
            "  handed off +\\d+" + THREE,
            "  the client's first frame +\\d+" + THREE,
            "Transmitted by " + DEVICE,
            "  \\d+ batches of up to \\d+ frames: 3\\d\\d frames, .* doorbells; .*",
            "  seen to be sent +\\d+" + THREE,
            "Interrupt \\d+ of " + DEVICE + ", from its line to the consumer",
            "  0.0 µs +the device raises its line",
            "  " + TIME + " +the interrupt state has its turn, on queue pair 0",
            "  " + TIME + " +\\d+ buffers are out of the ring: \\d+ frames, .* bytes",
            "  " + TIME + " +\\d+ are handed off to stream-\\d+, where \\d+ wait; 0 dropped",
            "  " + TIME + " +stream-\\d+ takes its first frame",
            "States of devices",
            "  .* s +" + DEVICE + " +probed +starting .*",
            "  .* s +" + DEVICE + " +starting +up .*",
            "  .* s +" + DEVICE + " +up +stopped .*",
            "Actors that failed",
            "  none"));

    InProcess slowest =
        InProcess.run("trace", file.toString(), "--interrupt", "slowest", "--device", DEVICE);
    assertEquals(0, slowest.code(), slowest.errors());
    Lines.assertInOrder(slowest.lines(), List.of("  .* s? +.* takes its first frame"));
    InProcess unknown = InProcess.run("trace", file.toString(), "--interrupt", "999999");
    Lines.assertInOrder(
        unknown.lines(),
        List.of(
            "Interrupt 999999 of .*",
            "  not recorded, or it brought no frames: those from \\d+ to \\d+ are there, \\d+ .*"));
    TraceFileTest.assertRefused(
        "tells nothing of a device eth0; it does of " + DEVICE, file, "--device", "eth0");
  }

  @Test
  void aRecordingThatCannotBeMadeOrWrittenCostsNothingElse() {
    Path nowhere = folder.resolve("no/such.jfr");
    InProcess ping =
        InProcess.run("ping", "10.0.2.2", "--count", "1", "--record", nowhere.toString());
    assertEquals(0, ping.code(), ping.errors());
    assertTrue(ping.lines().getLast().startsWith("1 sent, 1 received"), ping::output);
    assertTrue(
        ping.errors().startsWith("nothing is recorded: the recording " + nowhere + " cannot be"),
        ping::errors);

    InProcess full = InProcess.run("ping", "10.0.2.2", "--count", "1", "--record", "/dev/full");
    assertEquals(0, full.code(), full.errors());
    assertTrue(full.lines().getLast().startsWith("1 sent, 1 received"), full::output);
    assertTrue(full.errors().startsWith("what was recorded is lost: "), full::errors);
    assertTrue(full.errors().contains("No space left on device"), full::errors);
  }

  @Test
  void anInterruptedDemoLeavesAWholeRecording() throws Exception {
    Path file = folder.resolve("interrupted.jfr");
    var qemu = new QemuWitness(folder);
    try (var demo = ChildCli.start(qemu, "demo --count 5000000 --record " + file)) {
      demo.awaitOutput("UDP echo");
      demo.signal("INT");
      assertEquals(130, demo.exitCode(), demo::toString);
      assertEquals("demo failed: interrupted", demo.lines().getLast());
      assertTrue(demo.errors().stream().noneMatch(line -> line.contains("lost")), demo::toString);
    }
    assertTrue(Trace.read(file).received().size() > 0);
    qemu.awaitNothingLeft();
  }

  /** It takes longer than a device's start, and whoever wants no recording is not to pay for it. */
  @Test
  void withoutARecordingTheFlightRecorderIsNotLoaded() throws Exception {
    Path classes = folder.resolve("classes");
    List<String> log = List.of("-Xlog:class+load=info:file=" + classes);
    var qemu = new QemuWitness(folder);
    try (var ping = ChildCli.start(qemu, log, "ping 10.0.2.2 --count 3")) {
      assertEquals(0, ping.exitCode(), ping::toString);
    }
    String loaded = Files.readString(classes);
    assertTrue(loaded.contains(" virtionet.driver.trace.Recorder "), "the log is not of this");
    assertFalse(loaded.contains(" jdk.jfr.internal.MetadataRepository "), "the recorder is there");
  }

  @Test
  void aRecordingThatBeginsLaterSeesWhatTheDriverDoesFromThen() throws Exception {
    Path file = folder.resolve("later.jfr");
    var qemu = new QemuWitness(folder);
    try (var demo = ChildCli.start(qemu, "demo --count 5000000")) {
      demo.awaitOutput("UDP echo");
      demo.jcmd("JFR.start", "name=later");
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      do {
        assertTrue(System.nanoTime() < deadline, "nothing of the driver is recorded");
        demo.jcmd("JFR.dump", "name=later", "filename=" + file);
      } while (RecordingFile.readAllEvents(file).stream()
          .noneMatch(event -> event.getEventType().getName().equals(ActorMessage.NAME)));
      demo.signal("INT");
      assertEquals(130, demo.exitCode(), demo::toString);
    }
    qemu.awaitNothingLeft();
  }
}
