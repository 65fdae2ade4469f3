package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.TestFrames;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** More is to be sent than the device sends: its clients' sources wait, and nothing is lost. */
class TransmitFloodTest {
  private static final int CLIENTS = 8;
  private static final int FRAMES = 400;
  private static final int RING = 8;
  private static final int HAND_OFF = 16;

  private static final String SETTINGS =
      """
      virtionet.clients = broadcast
      virtionet.transmit-hand-off = %d
      virtionet.transmit-timeout = 60 s
      """
          .formatted(HAND_OFF);

  @Test
  void sourcesWaitForADeviceThatDoesNotSendAndLoseNothing() {
    try (var driver =
        DriverOnModel.with(SETTINGS, ModelSettings.modern().offering(ModelSettings.CONTROL))) {
      driver.device().stall();
      var frames = new TestFrames();
      List<CompletionStage<EthernetConnection>> connections = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        connections.add(
            Source.range(1, FRAMES)
                .map(number -> frames.make(bytes(number, 60)))
                .concatLazy(Source.maybe())
                .viaMat(driver.net().flow(), Keep.right())
                .to(Sink.ignore())
                .run(driver.system()));
      }
      EthernetConnection device = DriverOnModel.await(connections.getFirst());
      var controlPlane = new ControlPlane(driver.net(), Optional.of(device.control()));

      // The ring, each hand-off, and one frame of each client that finds no room there. Of those
      // who sent into the ring some are not told of their little room.
      int most = RING + CLIENTS * (HAND_OFF + 1);
      until(
          "all is full: " + frames.made(),
          () -> driver.device().waiting(1) == RING && frames.made() >= most - RING);
      controlPlane.assertAnswers("a device that sends nothing");
      assertTrue(frames.made() <= most, "a source was pulled although there is no room");
      assertEquals(0, device.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L));

      controlPlane.assertAnswersWhile("a slow device", () -> driver.device().transmitNow());
      until(
          "all are sent",
          () -> {
            driver.device().transmitNow();
            return device.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L)
                == CLIENTS * FRAMES;
          });
      assertEquals(CLIENTS * FRAMES, frames.made());
      assertEquals(0, frames.held());
      assertEquals(CLIENTS * FRAMES, driver.device().takeTransmitted().size());
      assertEquals(0, device.counters().getOrDefault(Counter.TRANSMIT_ABORTED, 0L));
      driver.stopWithoutATrace();
    }
  }
}
