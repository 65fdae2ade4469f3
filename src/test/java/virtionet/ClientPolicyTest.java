package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.ConnectionRefusedException;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Who may use a device together with whom. */
class ClientPolicyTest {
  private static final String LONG_GRACE = "virtionet.client-grace = 60 s";
  private static final String BROADCAST = "virtionet.clients = broadcast";

  @Test
  void aSecondClientIsRefusedWithTheNameOfTheFirstAndOfTheSetting() {
    try (var driver =
        DriverOnModel.with("virtionet.client-grace = 10 ms", ModelSettings.modern())) {
      var first = driver.connected();
      var refused = failureOf(driver.client().connection());
      assertInstanceOf(ConnectionRefusedException.class, refused);
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("in use by stream-"), message);
      assertTrue(message.contains("virtionet.clients = broadcast"), message);
      driver.device().receive(bytes(1, 60));
      assertArrayEquals(bytes(1, 60), first.receive(), "the first one is disturbed");
    }
  }

  @Test
  void aNewClientWaitsForThePlaceOfOneThatIsLeaving() {
    try (var driver = DriverOnModel.with(LONG_GRACE, ModelSettings.modern())) {
      for (int round = 0; round < 50; round++) {
        var leaving = driver.connected();
        var next = driver.client();
        leaving.leave();
        next.connected();
        next.leave();
      }
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aClientThatGaveUpWaitingKeepsNobodyOut() {
    try (var driver = DriverOnModel.with(LONG_GRACE, ModelSettings.modern())) {
      var first = driver.connected();
      driver.client().leave();
      var third = driver.client();
      first.leave();
      driver.device().receive(bytes(1, 60));
      third.connected();
      until("a frame comes", () -> driver.device().receive(bytes(2, 60)));
      assertEquals(60, third.receive().length);
    }
  }

  @Test
  void withBroadcastEachGetsAllFramesAndAllMaySend() {
    try (var driver = DriverOnModel.with(BROADCAST, ModelSettings.modern())) {
      List<DriverOnModel.Client> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(driver.connected());
      }
      driver.device().receive(bytes(1, 60));
      for (DriverOnModel.Client client : clients) {
        assertArrayEquals(bytes(1, 60), client.receive());
        client.in().sendNext(Frame.wrap(bytes(2, 70)));
      }
      until("all have sent", () -> clients.getFirst().count(Counter.TRANSMITTED_FRAMES) == 3);
      assertEquals(3, driver.device().takeTransmitted().size());
      clients.get(1).leave();
      driver.device().receive(bytes(3, 60));
      assertArrayEquals(bytes(3, 60), clients.get(0).receive());
      assertArrayEquals(bytes(3, 60), clients.get(2).receive());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aBusyClientStarvesNoOther() {
    String settings = BROADCAST + "\nvirtionet.transmit-queue-size = 4";
    try (var driver = DriverOnModel.with(settings, ModelSettings.modern())) {
      driver.device().stall();
      var made = new AtomicInteger();
      List<CompletionStage<EthernetConnection>> connections = new ArrayList<>();
      for (int client = 0; client < 2; client++) {
        int length = 60 + client;
        connections.add(
            Source.range(1, 200)
                .map(
                    number -> {
                      made.incrementAndGet();
                      return Frame.wrap(bytes(number, length));
                    })
                .concat(Source.maybe())
                .viaMat(driver.net().flow(), Keep.right())
                .to(Sink.foreach(Frame::release))
                .run(driver.system()));
      }
      connections.forEach(DriverOnModel::await);
      // Else the one might have sent a hundred before the other's stream has passed on its first.
      until("both have all their frames in their hand-offs", () -> made.get() == 400);
      List<Integer> lengths = new ArrayList<>();
      while (lengths.size() < 100) {
        until("frames wait", () -> driver.device().waiting(1) == 4);
        driver.device().transmitNow();
        driver.device().takeTransmitted().forEach(frame -> lengths.add(frame.length));
      }
      assertTrue(lengths.stream().filter(length -> length == 61).count() >= 20, lengths::toString);
      assertTrue(lengths.stream().filter(length -> length == 60).count() >= 20, lengths::toString);
    }
  }

  @Test
  void aClientThatLeavesHasItsLastFramesSentAndDisturbsNoOther() {
    try (var driver = DriverOnModel.with(BROADCAST, ModelSettings.modern())) {
      driver.device().stall();
      var stays = driver.connected();
      var leaves = driver.connected();
      for (int i = 0; i < 20; i++) {
        leaves.in().sendNext(Frame.wrap(bytes(i, 60)));
      }
      until("the ring is full", () -> driver.device().waiting(1) == 8);
      leaves.leave();
      stays.in().sendNext(Frame.wrap(bytes(99, 80)));
      List<byte[]> sent = new ArrayList<>();
      until(
          "all is sent",
          () -> {
            driver.device().transmitNow();
            sent.addAll(driver.device().takeTransmitted());
            return sent.stream().anyMatch(frame -> frame.length == 80)
                && stays.count(Counter.TRANSMITTED_FRAMES) == sent.size();
          });
      assertFalse(sent.size() < 9);
      driver.device().receive(bytes(1, 60));
      assertEquals(60, stays.receive().length);
      driver.stopWithoutATrace();
    }
  }
}
