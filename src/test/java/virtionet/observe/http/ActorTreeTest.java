package virtionet.observe.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.typed.javadsl.Adapter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.observe.metrics.DeviceMetrics;
import virtionet.observe.metrics.Metrics;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** The actors that are shown as alive are there, and the others are not. */
class ActorTreeTest {
  private static final String RECOVERS =
      "virtionet.recovery { max-restarts = 5, min-backoff = 20 s, max-backoff = 20 s }";

  private static DeviceMetrics device(DriverOnModel driver) {
    return await(Metrics.of(driver.system()).snapshot()).devices().getFirst();
  }

  private static boolean isThere(DriverOnModel driver, String path) {
    return await(
        Adapter.toClassic(driver.system())
            .actorSelection("/system/virtio_net/" + path)
            .resolveOne(Duration.ofSeconds(5))
            .handle((actor, none) -> none == null));
  }

  private static void assertAsShown(DriverOnModel driver, int alive) {
    List<ActorTree.Entry> actors = ActorTree.of(device(driver));
    assertEquals(alive, actors.stream().filter(ActorTree.Entry::alive).count(), actors::toString);
    for (ActorTree.Entry actor : actors) {
      until(actor.toString(), () -> isThere(driver, actor.path()) == actor.alive());
    }
  }

  @Test
  void ofADeviceThatIsUpAllAreThere() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      assertAsShown(driver, 6);
    }
  }

  @Test
  void ofADeviceThatRecoversThoseThatServeClientsAreThere() {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      driver.connected();
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      until("it is down", () -> device(driver).state() == DeviceMetrics.State.RECOVERING);
      assertAsShown(driver, 3);
    }
  }

  @Test
  void ofADeviceThatIsGivenUpOnlyItsOwnIsThere() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      driver.device().needReset();
      until("it is given up", () -> device(driver).state() == DeviceMetrics.State.FAILED);
      assertAsShown(driver, 1);
    }
  }
}
