package virtionet.observe.otel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.observe.otel.WatchedSpans.events;
import static virtionet.observe.otel.WatchedSpans.number;
import static virtionet.observe.otel.WatchedSpans.text;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.receptionist.Receptionist;
import ch.qos.logback.classic.Level;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.Ethernet;
import virtionet.driver.DeviceLostException;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** The driver's work as the in-memory exporter of OpenTelemetry's SDK gets it. */
class OpenTelemetryTracingTest {
  private static final String DEVICE = "virtio_mmio@10001000";
  private static final String ROOT = "/system/virtio_net";
  private static final String RECOVERS =
      """
      virtionet.recovery { max-restarts = 3, min-backoff = 10 ms, max-backoff = 40 ms }
      virtionet.health-interval = 50 ms
      """;

  /** It tells of faulty exporters itself. Held, since the JDK forgets loggers and their levels. */
  private static final Logger SDK_LOG = Logger.getLogger("io.opentelemetry.sdk");

  @BeforeAll
  static void silenceTheSdk() {
    SDK_LOG.setLevel(java.util.logging.Level.OFF);
  }

  private static DriverOnModel watched(
      OpenTelemetryTracing tracing, String settings, ModelSettings device) {
    return DriverOnModel.with(tracing.setup(), settings, device);
  }

  private static DriverOnModel watched(WatchedSpans spans, String settings) {
    return watched(spans.tracing(), settings, ModelSettings.modern());
  }

  private static void assertFailed(SpanData span, String why) {
    assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode(), span::toString);
    assertTrue(span.getStatus().getDescription().contains(why), span::toString);
  }

  private static void assertFine(SpanData span) {
    assertEquals(StatusCode.UNSET, span.getStatus().getStatusCode(), span::toString);
  }

  /** Each part of a work by its name and the actor that has done it. */
  private static List<String> handled(List<SpanData> parts) {
    return parts.stream()
        .map(part -> part.getName() + " by " + text(part, "virtionet.actor"))
        .sorted()
        .toList();
  }

  @Test
  void aConnectIsOneTraceFromTheApplicationsSpanToTheActorsThatCarryFrames() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "")) {
      spans.await("negotiation");
      Span request = spans.application().spanBuilder("request").startSpan();
      DriverOnModel.Client client;
      try (var _ = request.makeCurrent()) {
        client = driver.client();
      }
      client.connected();
      request.end();
      SpanData connect = spans.await("connect");
      spans.awaitNamed("handle Attach", 2);
      spans.awaitNamed("handle Connect", 3);
      assertEquals(request.getSpanContext().getSpanId(), connect.getParentSpanId());
      assertEquals(request.getSpanContext().getTraceId(), connect.getTraceId());
      assertFine(connect);
      assertEquals("connected", text(connect, "virtionet.outcome"));
      assertEquals(DEVICE, text(connect, "virtionet.device"));
      assertEquals(1, number(connect, "virtionet.pairs"));
      assertTrue(text(connect, "virtionet.client").startsWith("stream-"), connect::toString);
      String device = ROOT + "/" + DEVICE;
      assertEquals(
          List.of(
              "handle Attach by " + device + "/interrupt",
              "handle Attach by " + device + "/upstream",
              "handle Connect by " + ROOT,
              "handle Connect by " + device,
              "handle Connect by " + device + "/startup"),
          handled(spans.partsOf(connect)));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aConnectThatIsRefusedSaysThatItWaitedAndWhy() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "virtionet.client-grace = 10 ms")) {
      var first = driver.connected();
      assertInstanceOf(ConnectionRefusedException.class, failureOf(driver.client().connection()));
      SpanData refused = spans.awaitNamed("connect", 2).get(1);
      assertFailed(refused, "is in use by stream-");
      assertEquals("refused", text(refused, "virtionet.outcome"));
      assertEquals(1, events(refused, "waits for a place").size());
      assertEquals(SpanId.getInvalid(), refused.getParentSpanId());
      first.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aStreamThatEndsBeforeItsAnswerEndsItsConnect() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "virtionet.client-grace = 1 h")) {
      var first = driver.connected();
      var second = driver.client();
      until("it waits", () -> spans.named("handle Connect").size() == 6);
      second.leave();
      SpanData ended = spans.awaitNamed("connect", 2).get(1);
      assertEquals("ended before the answer", text(ended, "virtionet.outcome"));
      first.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aClientByMessageIsConnectedInATraceOfItsOwn() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "")) {
      await(driver.net().devices());
      TestProbe<Ethernet.Event> client = TestProbe.create(driver.system());
      until("the service", () -> !services(driver).isEmpty());
      services(driver).getFirst().tell(new Ethernet.Open(Optional.empty(), client.ref(), 1));
      ActorRef<Ethernet.Session> session =
          client.expectMessageClass(Ethernet.Opened.class).session();
      SpanData connect = spans.await("connect");
      assertEquals("connected", text(connect, "virtionet.outcome"));
      assertEquals(SpanId.getInvalid(), connect.getParentSpanId());
      spans.awaitNamed("handle Connect", 3);
      session.tell(new Ethernet.Leave());
      driver.connected().leave();
      driver.stopWithoutATrace();
    }
  }

  private static List<ActorRef<Ethernet.Command>> services(DriverOnModel driver) {
    Receptionist.Listing listing =
        await(
            AskPattern.ask(
                driver.system().receptionist(),
                (ActorRef<Receptionist.Listing> me) -> Receptionist.find(Ethernet.SERVICE, me),
                Duration.ofSeconds(3),
                driver.system().scheduler()));
    return List.copyOf(listing.getServiceInstances(Ethernet.SERVICE));
  }

  @Test
  void aNegotiationShowsItsStepsAndWhatWasAgreedOn() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "")) {
      SpanData negotiation = spans.await("negotiation");
      assertFine(negotiation);
      assertEquals(DEVICE, text(negotiation, "virtionet.device"));
      assertEquals(1, number(negotiation, "virtionet.attempt"));
      assertEquals(
          List.of(
              "reset",
              "ACKNOWLEDGE",
              "ACKNOWLEDGE|DRIVER",
              "ACKNOWLEDGE|DRIVER|FEATURES_OK",
              "ACKNOWLEDGE|DRIVER|DRIVER_OK|FEATURES_OK"),
          events(negotiation, "status").stream()
              .map(event -> text(event.getAttributes(), "virtio.status"))
              .toList());
      assertTrue(text(negotiation, "virtio.features.offered").contains("VERSION_1"));
      assertTrue(text(negotiation, "virtio.features.accepted").contains("VERSION_1"));
      assertEquals(1, number(negotiation, "virtionet.pairs"));
      assertTrue(spans.named("recovery").isEmpty());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aNegotiationThatFailsHasTheExceptionAndIsAnError() {
    ModelSettings device = ModelSettings.modern().with(ModelSettings.Fault.REFUSES_FEATURES);
    try (var spans = new WatchedSpans();
        var driver = watched(spans.tracing(), "", device)) {
      SpanData negotiation = spans.await("negotiation");
      assertFailed(negotiation, "takes FEATURES_OK back");
      assertEquals(1, events(negotiation, "exception").size());
      assertTrue(text(negotiation, "virtio.features.accepted").contains("VERSION_1"));
      assertTrue(
          text(events(negotiation, "status").getLast().getAttributes(), "virtio.status")
              .equals("reset"),
          negotiation::toString);
      assertInstanceOf(ConnectionRefusedException.class, failureOf(driver.client().connection()));
      assertFailed(spans.await("connect"), "takes FEATURES_OK back");
    }
  }

  /** Runs something on the driver's own thread as soon as a negotiation has failed. */
  private static SpanProcessor atFailedNegotiation(AtomicReference<Runnable> then) {
    return new Ends() {
      @Override
      public void onEnd(ReadableSpan span) {
        if (span.getName().equals("negotiation")
            && span.toSpanData().getStatus().getStatusCode() == StatusCode.ERROR) {
          Objects.requireNonNull(then.get()).run();
        }
      }
    };
  }

  @Test
  void aRecoveryHoldsItsAttemptsAndWhatFollowsForTheClients() {
    var heal = new AtomicReference<Runnable>(() -> {});
    try (var spans = new WatchedSpans(atFailedNegotiation(heal));
        var driver = watched(spans, RECOVERS)) {
      var client = driver.connected();
      heal.set(() -> driver.device().needResetAtEachStart(false));
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      SpanData recovery = spans.await("recovery");
      assertFine(recovery);
      assertEquals(DEVICE, text(recovery, "virtionet.device"));
      assertEquals("NEEDS_RESET", text(recovery, "virtionet.fault"));
      assertEquals("up again", text(recovery, "virtionet.outcome"));
      assertEquals(2, number(recovery, "virtionet.attempts"));
      assertEquals(2, events(recovery, "attempt").size());
      assertEquals(1, events(recovery, "attempt failed").size());
      assertEquals(1, events(recovery, "pausing").size());
      List<SpanData> starts = spans.partsOf(recovery);
      assertEquals(
          List.of("negotiation", "negotiation"), starts.stream().map(SpanData::getName).toList());
      assertFailed(starts.getFirst(), "asks for a reset");
      assertFine(starts.getLast());
      until("the client is carried again", () -> spans.partsOf(starts.getLast()).size() == 3);
      String device = ROOT + "/" + DEVICE;
      assertEquals(
          List.of(
              "handle Attach by " + device + "/interrupt",
              "handle Attach by " + device + "/upstream",
              "handle DeviceUp by " + device + "/startup"),
          handled(spans.partsOf(starts.getLast())));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aRestartThatIsAskedForIsAPartOfTheApplicationsSpan() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, RECOVERS)) {
      driver.connected();
      Span request = spans.application().spanBuilder("request").startSpan();
      try (var _ = request.makeCurrent()) {
        await(driver.net().restart(DEVICE));
      }
      SpanData recovery = spans.await("recovery");
      assertEquals(request.getSpanContext().getSpanId(), recovery.getParentSpanId());
      assertEquals("RESTART", text(recovery, "virtionet.fault"));
      driver.device().needReset();
      SpanData next = spans.awaitNamed("recovery", 2).get(1);
      assertEquals(SpanId.getInvalid(), next.getParentSpanId(), "that one was not asked for");
    }
  }

  @Test
  void aRecoveryThatIsGivenUpIsAnError() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, RECOVERS)) {
      var client = driver.connected();
      driver.device().needResetAtEachStart(true);
      driver.device().needReset();
      assertInstanceOf(DeviceLostException.class, client.error());
      SpanData recovery = spans.await("recovery");
      assertFailed(recovery, "asks for a reset");
      assertEquals("given up", text(recovery, "virtionet.outcome"));
      assertEquals(3, spans.awaitNamed("negotiation", 4).size() - 1);
    }
  }

  @Test
  void theLossOfTheMachineHoldsThatOfItsDevices() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "virtionet.health-interval = 1 h")) {
      var client = driver.connected();
      driver.machine().lose("unplugged");
      assertInstanceOf(DeviceLostException.class, client.error());
      SpanData machine = spans.await("machine recovery");
      assertFailed(machine, "the machine is lost");
      assertEquals("unplugged", text(machine, "virtionet.fault.reason"));
      SpanData device = spans.await("recovery");
      assertEquals(machine.getTraceId(), device.getTraceId());
    }
  }

  @Test
  void ofBatchesOneInSoManyIsTold() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans.tracing().withOneBatchIn(4), "", ModelSettings.modern())) {
      var client = driver.connected();
      for (int number = 1; number <= 10; number++) {
        int sent = number;
        byte[] frame = bytes(number, 100 + number);
        driver.device().receive(frame);
        assertArrayEquals(frame, client.receive());
        client.in().sendNext(Frame.wrap(frame));
        until("it is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == sent);
      }
      List<SpanData> received = spans.awaitNamed("receive batch", 2);
      List<SpanData> sent = spans.awaitNamed("transmit batch", 2);
      assertEquals(2, received.size());
      assertEquals(2, sent.size());
      assertEquals(
          List.of(104L, 108L),
          received.stream().map(span -> number(span, "virtionet.bytes")).toList());
      assertEquals(
          List.of(104L, 108L), sent.stream().map(span -> number(span, "virtionet.bytes")).toList());
      SpanData in = received.getFirst();
      assertEquals(SpanId.getInvalid(), in.getParentSpanId());
      assertEquals(1, number(in, "virtionet.frames"));
      assertEquals(0, number(in, "virtionet.dropped"));
      assertEquals(1, number(in, "virtionet.clients"));
      assertEquals("interrupt", text(in, "virtionet.cause"));
      assertTrue(number(in, "virtionet.queue.depth") >= 0, in::toString);
      assertTrue(number(in, "virtionet.waited.ns") > 0, in::toString);
      assertEquals(
          List.of("drained", "handed off"),
          in.getEvents().stream().map(event -> event.getName()).toList());
      assertTrue(in.getEndEpochNanos() > in.getStartEpochNanos());
      SpanData out = sent.getFirst();
      assertEquals(1, number(out, "virtionet.frames"));
      assertEquals(DEVICE, text(out, "virtionet.device"));
      assertEquals(0, number(out, "virtionet.queue.depth"));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void withoutSamplingNoBatchIsTold() {
    try (var spans = new WatchedSpans();
        var driver = watched(spans, "")) {
      var client = driver.connected();
      driver.device().receive(bytes(1, 60));
      client.receive();
      client.leave();
      driver.stopWithoutATrace();
      assertTrue(spans.named("receive batch").isEmpty());
      assertThrows(IllegalArgumentException.class, () -> spans.tracing().withOneBatchIn(-1));
    }
  }

  /** Each with how often at least its faults reach us. */
  static Stream<Arguments> faultyParts() {
    return Stream.of(
        Arguments.of(new ThrowingAtStart(), 4),
        Arguments.of(new ThrowingAtEnd(), 10),
        Arguments.of(SimpleSpanProcessor.create(new ThrowingExporter()), 0));
  }

  @ParameterizedTest
  @MethodSource("faultyParts")
  void anSdkThatThrowsHarmsNothingAndIsToldOfOnce(SpanProcessor faulty, int failures) {
    try (var log = new CapturedLog(Level.WARN);
        var spans = new WatchedSpans(faulty)) {
      OpenTelemetryTracing tracing = spans.tracing().withOneBatchIn(1);
      try (var driver = watched(tracing, RECOVERS, ModelSettings.modern())) {
        var client = driver.connected();
        driver.device().receive(bytes(1, 60));
        assertArrayEquals(bytes(1, 60), client.receive());
        driver.device().needReset();
        until("it is up again", () -> client.count(Counter.RECOVERIES) == 1);
        driver.device().receive(bytes(2, 60));
        assertArrayEquals(bytes(2, 60), client.receive());
        client.leave();
        driver.stopWithoutATrace();
      }
      assertTrue(tracing.failures() >= failures, () -> tracing.failures() + " failures");
      assertEquals(Math.min(failures, 1), log.lines(Level.WARN, "OpenTelemetry fails").size());
    }
  }

  /** Of the SDK's hooks those that the tests use. */
  private abstract static class Ends implements SpanProcessor {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }

  private static final class ThrowingAtEnd extends Ends {
    @Override
    public void onEnd(ReadableSpan span) {
      throw new IllegalStateException("a fault of the SDK");
    }
  }

  private static final class ThrowingAtStart extends Ends {
    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
      throw new IllegalStateException("a fault of the SDK");
    }

    @Override
    public boolean isStartRequired() {
      return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {}
  }

  private static final class ThrowingExporter implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      throw new IllegalStateException("a fault of the exporter");
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
