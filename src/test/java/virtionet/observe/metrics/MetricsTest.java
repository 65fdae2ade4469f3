package virtionet.observe.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.Gauge;
import virtionet.net.Metric;
import virtionet.net.Reading;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.WatchedRegisters;

/** The numbers of a driver are those that hold at the moment of asking. */
class MetricsTest {
  private static final String DEVICE = "virtio_mmio@10001000";
  private static final int STATUS = 0x070;
  private static final String RECOVERS =
      "virtionet.recovery { max-restarts = 5, min-backoff = 5 s, max-backoff = 5 s }";

  private static DeviceMetrics device(Metrics metrics) {
    List<DeviceMetrics> devices = await(metrics.snapshot()).devices();
    assertEquals(1, devices.size(), devices::toString);
    return devices.getFirst();
  }

  /** Once it answers: on a busy machine that may be later than is waited for. */
  private static DeviceMetrics answering(Metrics metrics) {
    List<DeviceMetrics> answers = new ArrayList<>();
    until(
        "it answers",
        () -> {
          answers.add(device(metrics));
          return answers.getLast().state() != DeviceMetrics.State.BUSY;
        });
    return answers.getLast();
  }

  @Test
  void eachMetricIsReadAndNoneTwiceAtOnePlace() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      MetricsSnapshot snapshot = await(Metrics.of(driver.system()).snapshot());
      List<Reading> readings =
          Stream.concat(
                  snapshot.process().stream(), snapshot.devices().getFirst().readings().stream())
              .toList();
      Set<Metric> read = readings.stream().map(Reading::metric).collect(Collectors.toSet());
      assertEquals(new HashSet<>(Metric.all()), read);
      assertEquals(
          readings.size(),
          readings.stream()
              .map(reading -> reading.metric() + " " + reading.place())
              .distinct()
              .count());
      for (Reading reading : readings) {
        boolean several = reading.metric() instanceof Gauge gauge && gauge.dimension().isPresent();
        assertEquals(several, reading.place().isPresent(), reading::toString);
      }
    }
  }

  @Test
  void framesThatWaitAreSeenWhereTheyWait() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      var metrics = Metrics.of(driver.system());
      DeviceMetrics before = answering(metrics);
      assertEquals(DeviceMetrics.State.UP, before.state());
      assertEquals(1, before.get(Gauge.DEVICE_UP));
      assertEquals(1, before.get(Gauge.LINK_UP));
      assertEquals(1, before.get(Gauge.CLIENTS));
      assertEquals(1, before.get(Gauge.QUEUE_PAIRS));
      assertEquals(8, before.get(Gauge.RING_SIZE, "receiveq1"));
      assertEquals(8, before.get(Gauge.RING_BUFFERS, "receiveq1"));
      assertEquals(0, before.get(Gauge.RING_BUFFERS, "transmitq1"));
      assertEquals(512, before.get(Gauge.HANDOFF_CAPACITY, "receive"));
      assertEquals(256, before.get(Gauge.HANDOFF_CAPACITY, "transmit"));

      // Nobody asks for the received ones, and the device sends nothing.
      driver.device().stall();
      IntStream.range(0, 5).forEach(number -> driver.device().receive(bytes(number, 100)));
      IntStream.range(0, 3).forEach(number -> client.in().sendNext(Frame.wrap(bytes(number, 80))));
      until(
          "all wait",
          () ->
              device(metrics).get(Gauge.HANDOFF_FRAMES, "receive") == 5
                  && device(metrics).get(Gauge.RING_BUFFERS, "transmitq1") == 3
                  && device(metrics).get(Gauge.BUFFERS, "posted") == 8);
      DeviceMetrics now = answering(metrics);
      assertEquals(5, now.get(Counter.RECEIVED_FRAMES));
      assertEquals(500, now.get(Counter.RECEIVED_BYTES));
      assertEquals(5, now.get(Gauge.BUFFERS, "lent"));
      assertEquals(3, now.get(Gauge.BUFFERS, "in_flight"));
      assertEquals(8, now.get(Gauge.BUFFERS, "posted"));

      IntStream.range(0, 5).forEach(number -> client.receive());
      client.leave();
      until("it has left", () -> device(metrics).get(Gauge.CLIENTS) == 0);
      assertEquals(0, device(metrics).get(Gauge.HANDOFF_CAPACITY));
    }
  }

  @Test
  void aDeviceThatIsDownOrGivenUpKeepsItsCountersAndTellsWhy() {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern())) {
      driver.connected();
      var metrics = Metrics.of(driver.system());
      driver.device().receive(bytes(1, 100));
      until("received", () -> device(metrics).get(Counter.RECEIVED_FRAMES) == 1);
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      until("it is down", () -> device(metrics).state() == DeviceMetrics.State.RECOVERING);
      DeviceMetrics down = answering(metrics);
      assertEquals(0, down.get(Gauge.DEVICE_UP));
      assertEquals(1, down.get(Counter.RECEIVED_FRAMES));
      assertTrue(down.detail().contains("reset"), down.detail());
      assertTrue(down.readings().stream().noneMatch(one -> one.metric() == Gauge.RING_BUFFERS));
    }
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      var metrics = Metrics.of(driver.system());
      driver.device().receive(bytes(1, 100));
      until("received", () -> device(metrics).get(Counter.RECEIVED_FRAMES) == 1);
      driver.device().needReset();
      until("it is given up", () -> device(metrics).state() == DeviceMetrics.State.FAILED);
      assertEquals(0, device(metrics).get(Gauge.DEVICE_UP));
      assertEquals(1, device(metrics).get(Counter.RECEIVED_FRAMES));
    }
  }

  @Test
  void aDeviceThatNeverWasUpIsDownAndNothingElse() {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    model.device(0).needResetAtEachStart(true);
    try (var driver = DriverOnModel.on(model, () -> model, "")) {
      var metrics = Metrics.of(driver.system());
      until("it is given up", () -> isFailed(await(metrics.snapshot())));
      assertEquals(List.of(Gauge.DEVICE_UP.reads(0)), device(metrics).readings());
      assertTrue(device(metrics).handle().isEmpty());
    }
  }

  private static boolean isFailed(MetricsSnapshot snapshot) {
    return snapshot.device(DEVICE).stream()
        .anyMatch(device -> device.state() == DeviceMetrics.State.FAILED);
  }

  @Test
  void whileADeviceKeepsItsActorWaitingItsNumbersAreReadAllTheSame() {
    ModelMachine model = ModelMachine.of(ModelSettings.modern());
    var slow = new CountDownLatch(1);
    var hangs = new AtomicBoolean();
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            return new WatchedRegisters(
                super.access(slot),
                (offset, write) -> {
                  if (offset == STATUS && hangs.get()) {
                    awaitQuietly(slow);
                  }
                });
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, RECOVERS)) {
      driver.connected();
      var metrics = Metrics.of(driver.system());
      assertEquals(DeviceMetrics.State.UP, answering(metrics).state());
      hangs.set(true);
      driver.net().restart(DEVICE);
      until("it does not answer", () -> device(metrics).state() == DeviceMetrics.State.BUSY);
      List<CompletionStage<MetricsSnapshot>> many =
          IntStream.range(0, 2_000).mapToObj(number -> metrics.snapshot()).toList();
      many.forEach(each -> assertEquals(1, await(each).devices().size()));
      // Two thousand at once were one question to the driver: it has room for others.
      slow.countDown();
      assertEquals(1, await(driver.net().devices()).size());
      until("it is up", () -> device(metrics).state() == DeviceMetrics.State.UP);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theSourceTicksWithGrowingCounters() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      List<MetricsSnapshot> three =
          await(
              Metrics.of(driver.system())
                  .every(Duration.ofMillis(20))
                  .wireTap(each -> driver.device().receive(bytes(1, 100)))
                  .take(3)
                  .runWith(Sink.seq(), driver.system()));
      assertEquals(3, three.size());
      for (int i = 1; i < 3; i++) {
        assertTrue(three.get(i).nanos() > three.get(i - 1).nanos());
        assertTrue(allocated(three.get(i)) > allocated(three.get(i - 1)));
      }
    }
  }

  private static long allocated(MetricsSnapshot snapshot) {
    return snapshot.process().getFirst().value();
  }

  @Test
  void withoutAMachineOrADriverItIsSaidWhy() {
    ModelMachine model = ModelMachine.of();
    try (var driver =
        DriverOnModel.on(
            model,
            () -> {
              throw new MachineException("no QEMU here");
            },
            "")) {
      Throwable failure = failureOf(Metrics.of(driver.system()).snapshot());
      assertTrue(String.valueOf(failure.getMessage()).contains("no QEMU here"), failure::toString);
    }
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      await(driver.net().stop());
      Throwable failure = failureOf(Metrics.of(driver.system()).snapshot());
      assertInstanceOf(MachineException.class, failure);
      assertEquals("the driver has stopped", failure.getMessage());
    }
  }
}
