package virtionet.observe.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.testkit.javadsl.TestSink;
import akka.stream.testkit.javadsl.TestSource;
import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.DriverOnModel.Client;
import virtionet.testing.ModelSettings;
import virtionet.testing.Pcapng;

/** Captures around the flow of a device model. */
class PcapTapTest {
  private static final CaptureInterface FACE = CaptureInterface.of("device");

  @TempDir Path folder;

  private static Client around(DriverOnModel driver, PcapSettings settings) {
    Client client = driver.client(PcapTap.around(driver.net().flow(), settings, FACE));
    client.connected();
    return client;
  }

  private static void talk(DriverOnModel driver, Client client, List<byte[]> expected) {
    for (int i = 0; i < 6; i++) {
      byte[] out = bytes(2 * i, 60 + i);
      client.in().sendNext(Frame.copyOf(out));
      until("frame " + i + " is sent", () -> !driver.device().takeTransmitted().isEmpty());
      byte[] in = bytes(2 * i + 1, 1500 + i);
      driver.device().receive(List.of(in));
      assertArrayEquals(in, client.receive());
      expected.add(out);
      expected.add(in);
    }
  }

  @Test
  void theFramesOfBothWaysAreInTheFileWhenTheStreamHasEnded() throws Exception {
    Path file = folder.resolve("both.pcapng");
    List<byte[]> expected = new ArrayList<>();
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      Client client = around(driver, PcapSettings.to(file));
      talk(driver, client, expected);
      // Too short for a frame.
      driver.device().receive(List.of(new byte[3]));
      until("it is dropped", () -> client.count(Counter.DROPPED_RUNT) == 1);
      client.leave();
      until("the file is complete", () -> isComplete(file));
    }
    List<Pcapng.Block> blocks = Pcapng.blocks(file);
    List<Pcapng.Block> packets = Pcapng.ofType(blocks, Pcapng.PACKET);
    assertEquals(expected.size(), packets.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), packets.get(i).data());
      assertEquals(i % 2 == 0 ? 2 : 1, packets.get(i).number(2), "direction of frame " + i);
    }
    Pcapng.Block statistics = blocks.getLast();
    assertEquals(6, statistics.number(4), "received");
    assertEquals(1, statistics.number(5), "dropped");
    assertTrue(statistics.texts(1).getFirst().startsWith("DROPPED_RUNT 1: "));
  }

  private static boolean isComplete(Path file) {
    try {
      return Files.exists(file)
          && Files.size(file) > 0
          && Pcapng.blocks(file).getLast().type() == Pcapng.STATISTICS;
    } catch (IOException | AssertionError e) {
      // It is being written.
      return false;
    }
  }

  @Test
  void aFileThatCannotBeOpenedOrIsFullStopsNoTraffic() {
    for (Path file : List.of(folder.resolve("no/folder.pcapng"), Path.of("/dev/full"))) {
      try (var driver = DriverOnModel.of(ModelSettings.modern());
          var log = new CapturedLog(Level.WARN)) {
        Client client = around(driver, PcapSettings.to(file));
        talk(driver, client, new ArrayList<>());
        client.leave();
        driver.stopWithoutATrace();
        String line = "the capture into " + file + " ends here: ";
        // Its thread may find the disk full only now.
        until("it is told", () -> !log.lines(Level.WARN, line).isEmpty());
        assertEquals(1, log.lines(Level.WARN, line).size());
      }
    }
  }

  @Test
  void eachWayEndsByItselfAndFramesThatPassAreNotTouched() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var far = TestSource.<Frame>create(driver.system());
      var flow =
          PcapTap.of(PcapSettings.to(folder.resolve("ways.pcapng")), FACE)
              .join(
                  Flow.fromSinkAndSourceMat(TestSink.create(driver.system()), far, Keep.both()),
                  Keep.both());
      var streams =
          TestSource.<Frame>create(driver.system())
              .viaMat(flow, Keep.both())
              .toMat(TestSink.create(driver.system()), Keep.both())
              .run(driver.system());
      var in = streams.first().first();
      Capture capture = streams.first().second().first();
      var farIn = streams.first().second().second().first();
      var farOut = streams.first().second().second().second();
      var out = streams.second();
      Frame there = Frame.ofLength(60);
      farIn.request(1);
      in.sendNext(there);
      assertEquals(there, farIn.expectNext());
      in.sendComplete();
      farIn.expectComplete();
      Frame back = Frame.ofLength(61);
      out.request(1);
      farOut.sendNext(back);
      assertEquals(back, out.expectNext());
      assertTrue(!there.isReleased() && !back.isReleased());
      farOut.sendError(new IllegalStateException("the device is lost"));
      assertEquals("the device is lost", out.expectError().getMessage());
      assertEquals(2, DriverOnModel.await(capture.ended()).frames());
    }
  }
}
