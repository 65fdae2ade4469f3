package virtionet.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.receptionist.Receptionist;
import akka.stream.RemoteStreamRefActorTerminatedException;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Source;
import akka.stream.testkit.TestPublisher;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import akka.stream.testkit.javadsl.TestSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtionet.Ethernet;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.Gauge;
import virtionet.net.Reading;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestBytes;

/** A client on a node that has no device, of a device on another node; both in this JVM. */
class RemoteEthernetTest {
  private static final Duration PATIENCE = DriverOnModel.PATIENCE;

  /** In which a stream that is asked for more would have been. */
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private DriverOnModel driver;
  private DeviceHandle device;
  private ActorSystem<Void> away;

  @BeforeEach
  void start() {
    driver =
        DriverOnModel.with(
            Nodes.SETTINGS
                + """
                virtionet.transmit-timeout = 1 minute
                """,
            ModelSettings.modern());
    device = ((Device.Up) await(driver.net().devices()).getFirst()).device();
    away = Nodes.start("test");
    Nodes.join(away, Nodes.found(driver.system()));
    until("both nodes are up", () -> Nodes.up(away) == 2);
  }

  @AfterEach
  void end() {
    away.terminate();
    await(away.getWhenTerminated());
    driver.close();
    assertEquals(0, device.buffers().lent());
    assertEquals(List.of(), driver.device().violations());
  }

  private record Client(
      TestPublisher.Probe<Frame> in,
      CompletionStage<RemoteDevice> device,
      TestSubscriber.Probe<Frame> out) {}

  private Client client() {
    var stream =
        TestSource.<Frame>create(away)
            .viaMat(RemoteEthernet.flow(away, PATIENCE), Keep.both())
            .toMat(TestSink.create(away), Keep.both())
            .run(away);
    return new Client(stream.first().first(), stream.first().second(), stream.second());
  }

  private static long count(DeviceHandle device, Counter counter) {
    return device.counters().getOrDefault(counter, 0L);
  }

  private static long read(DeviceHandle device, Gauge gauge, String place) {
    return device.readings().stream()
        .filter(reading -> reading.metric() == gauge && reading.place().orElse("").equals(place))
        .mapToLong(Reading::value)
        .sum();
  }

  @Test
  void framesPassBothWaysUnchangedAndInOrder() {
    Client client = client();
    RemoteDevice remote = await(client.device());
    assertEquals(driver.system().address().toString(), remote.node());
    assertEquals(device.info().name(), remote.name());
    assertEquals(device.info().mac(), remote.mac());
    assertEquals(1500, remote.mtu());
    for (int number = 0; number < 1_501; number++) {
      byte[] frame = TestBytes.frame(number, 14 + number);
      until("room to receive", () -> driver.device().receive(frame));
      assertArrayEquals(frame, client.out().requestNext().toByteArray());
    }
    for (int number = 0; number < 1_501; number++) {
      byte[] frame = TestBytes.frame(number, 14 + number);
      client.in().sendNext(Frame.copyOf(frame));
      assertSent(frame);
    }
    client.in().sendComplete();
    client.out().cancel();
  }

  private void assertSent(byte[] frame) {
    List<byte[]> sent = new ArrayList<>();
    until("a sent frame", () -> sent.addAll(driver.device().takeTransmitted()));
    assertEquals(1, sent.size());
    assertArrayEquals(frame, sent.getFirst());
  }

  /**
   * Between device and client there is room for hand-off, parcels, and the window of the stream.
   */
  @Test
  void whatAClientDoesNotPullIsDroppedByTheDriverAndCounted() {
    Client client = client();
    await(client.device());
    client.out().ensureSubscription();
    byte[] large = TestBytes.frame(0, 1_514);
    int received = 0;
    while (count(device, Counter.DROPPED_HANDOFF_FULL) < 1_000) {
      assertTrue(received < 100_000, "nothing is dropped");
      until("room to receive", () -> driver.device().receive(large));
      received++;
    }
    long came = received;
    // No frame is both: what came and is not dropped arrives.
    until(
        "all are accounted for",
        () ->
            count(device, Counter.DELIVERED_FRAMES)
                    + count(device, Counter.DROPPED_HANDOFF_FULL)
                    + read(device, Gauge.HANDOFF_FRAMES, "receive")
                == came);
    long kept = came - count(device, Counter.DROPPED_HANDOFF_FULL);
    client.out().request(Long.MAX_VALUE);
    for (long i = 0; i < kept; i++) {
      assertArrayEquals(large, client.out().expectNext().toByteArray());
    }
    client.out().cancel();
  }

  @Test
  void aRingThatIsFullIsBackPressureForTheClientAndNothingIsLost() {
    int all = 20_000;
    var asked = new AtomicInteger();
    driver.device().stall();
    var out =
        Source.range(0, all - 1)
            .map(
                number -> {
                  asked.incrementAndGet();
                  return Frame.wrap(TestBytes.frame(number, 1_514));
                })
            .via(RemoteEthernet.flow(away, PATIENCE))
            .runWith(TestSink.create(away), away);
    out.ensureSubscription();
    until("the ring is full", () -> count(device, Counter.TRANSMIT_RING_FULL) > 0);
    var last = new AtomicInteger();
    var since = new AtomicLong(System.nanoTime());
    until(
        "the client is asked for no more",
        () -> {
          if (last.getAndSet(asked.get()) != asked.get()) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > QUIET_NANOS;
        });
    assertTrue(asked.get() < all / 2, "asked for " + asked);

    List<byte[]> arrived = new ArrayList<>();
    while (arrived.size() < all) {
      until(
          "the next have left",
          () -> {
            driver.device().transmitNow();
            return arrived.addAll(driver.device().takeTransmitted());
          });
    }
    for (int number = 0; number < all; number++) {
      assertArrayEquals(TestBytes.frame(number, 1_514), arrived.get(number));
    }
    out.cancel();
  }

  @Test
  void aClientThatLeavesGivesItsPlaceFree() {
    Client first = client();
    await(first.device());
    Throwable refused = failureOf(client().device());
    assertInstanceOf(ConnectionRefusedException.class, refused);
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith(driver.system().address() + ": "),
        refused::toString);
    first.out().cancel();
    first.in().expectCancellation();
    until("its place is free", () -> read(device, Gauge.CLIENTS, "") == 0);
    Client next = client();
    await(next.device());
    next.out().cancel();
  }

  @Test
  void aNodeThatEndsInOrderIsAClientThatLeaves() {
    await(client().device());
    away.terminate();
    await(away.getWhenTerminated());
    until("its place is free", () -> connects(driver.client()));
  }

  private static boolean connects(DriverOnModel.Client client) {
    try {
      client.connection().toCompletableFuture().join();
    } catch (CompletionException refused) {
      return false;
    }
    client.leave();
    return true;
  }

  @Test
  void aDeviceThatIsLostFailsTheClientsStream() {
    Client client = client();
    await(client.device());
    client.out().request(1);
    driver.device().needReset();
    Throwable failure = client.out().expectError();
    assertTrue(
        String.valueOf(failure.getMessage()).contains("asks to be reset"), failure::toString);
  }

  /** As when it died, only sooner. */
  @Test
  void aDeviceWhoseNodeIsDownedFailsTheClientsStream() {
    Client client = client();
    await(client.device());
    client.out().request(1);
    Nodes.down(away, driver.system());
    Throwable failure = client.out().expectError();
    assertInstanceOf(RemoteStreamRefActorTerminatedException.class, failure);
  }

  @Test
  void aDeviceThatThereIsNotIsRefusedByName() {
    Throwable refused =
        failureOf(RemoteEthernet.connect(away, "device/ethernet", Optional.of("eth0"), PATIENCE));
    assertEquals(
        "%s: there is no network device eth0; there is [%s]"
            .formatted(driver.system().address(), device.info().name()),
        refused.getMessage());
  }

  @Test
  void whereNoNodeHasTheServiceTheClientIsToldSoInTime() {
    Throwable refused =
        failureOf(
            RemoteEthernet.connect(away, "device/other", Optional.empty(), Duration.ofMillis(500)));
    assertEquals(
        "no node has a service device/other within 500 ms (is a driver on a node, and"
            + " akka.actor.provider = cluster on both?)",
        refused.getMessage());
  }

  @Test
  void aClientOfAnotherVersionIsToldBoth() {
    ActorRef<Ethernet.Command> service = service();
    CompletionStage<Ethernet.Reply> answer =
        AskPattern.ask(
            service,
            replyTo -> new Ethernet.ConnectRemotely(Optional.empty(), 2, replyTo),
            PATIENCE,
            away.scheduler());
    assertEquals(
        new Ethernet.Refused(
            "the client speaks version 2 of virtionet's protocol between nodes, this node version"
                + " 1: have the same release on all nodes"),
        await(answer));
  }

  /** As the other node sees it. */
  private ActorRef<Ethernet.Command> service() {
    List<ActorRef<Ethernet.Command>> found = new ArrayList<>();
    until(
        "the service is seen",
        () -> {
          CompletionStage<Receptionist.Listing> listing =
              AskPattern.ask(
                  away.receptionist(),
                  replyTo -> Receptionist.find(Ethernet.SERVICE, replyTo),
                  PATIENCE,
                  away.scheduler());
          found.addAll(await(listing).getServiceInstances(Ethernet.SERVICE));
          return !found.isEmpty();
        });
    return found.getFirst();
  }
}
