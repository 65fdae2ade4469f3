package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** A line that is raised over and over, under traffic: the driver goes on, and answers. */
class InterruptStormTest {
  private static final int ROUNDS = 300;

  @ParameterizedTest
  @ValueSource(strings = {"virtionet.event-loop", "virtionet.driver-dispatcher"})
  void neitherFramesNorAnswersAreHeldUpByAStorm(String dispatcher) {
    for (int causes = 0; causes <= 3; causes++) {
      storm(causes, dispatcher);
    }
  }

  /**
   * @param causes that the device gives: none, used buffers, its configuration, or both
   */
  private static void storm(int causes, String dispatcher) {
    String settings = "virtionet.queue-dispatcher = \"" + dispatcher + "\"";
    try (var driver =
        DriverOnModel.with(settings, ModelSettings.modern().offering(ModelSettings.CONTROL))) {
      var client = driver.connected();
      var controlPlane = new ControlPlane(driver.net(), Optional.of(client.connected().control()));
      String what = "a storm of interrupts, causes " + causes + ", on " + dispatcher;
      controlPlane.assertAnswersWhile(what, () -> driver.device().raise(causes));
      assertTrue(client.count(Counter.INTERRUPTS) > 0);
      for (int round = 0; round < ROUNDS; round++) {
        driver.device().raise(causes);
        byte[] frame = bytes(round, 60);
        client.in().sendNext(Frame.wrap(frame));
        until("there is a buffer", () -> driver.device().receive(frame));
        driver.device().raise(causes);
        assertArrayEquals(frame, client.receive());
      }
      until("all are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == ROUNDS);
      assertEquals(ROUNDS, driver.device().takeTransmitted().size());
      assertEquals(0, client.count(Counter.FAULTS));
      client.leave();
      driver.stopWithoutATrace();
    }
  }
}
