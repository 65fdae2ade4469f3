package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.opentelemetry.api.OpenTelemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import virtionet.Ethernet;
import virtionet.VirtioNet;
import virtionet.driver.trace.TracingSetup;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.stream.EthernetConnection;
import virtionet.tcpip.Ipv4Address;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.RequiresQemu;

/** Runs the examples of the interfaces' documentation. */
class JavadocExamplesTest {
  private static final byte[] FRAME =
      HexFormat.of().parseHex("525400123456" + "020000000001" + "88b5" + "00".repeat(46));

  @Test
  void framesAreTakenAndReleased() {
    try (DriverOnModel driver = DriverOnModel.of(ModelSettings.modern())) {
      EthernetConnection device = await(JavadocExamples.count(driver.system()));
      driver.device().receive(FRAME);
      until("the frame", () -> device.counters().getOrDefault(Counter.DELIVERED_FRAMES, 0L) == 1);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aSystemIsMadeToBeWatched() {
    ActorSystem<Void> system = JavadocExamples.watch(OpenTelemetry.noop());
    assertTrue(system.settings().setup().get(TracingSetup.class).isPresent());
    system.terminate();
    await(system.getWhenTerminated());
  }

  @Test
  void theServiceAnswersWithAFlow() {
    try (DriverOnModel driver = DriverOnModel.of(ModelSettings.modern())) {
      assertEquals(1, await(driver.net().devices()).size());
      until("the service", () -> isListed(driver.system()));
      assertInstanceOf(Ethernet.Connected.class, await(JavadocExamples.ask(driver.system())));
    }
  }

  private static boolean isListed(ActorSystem<?> system) {
    return !await(
            AskPattern.ask(
                system.receptionist(),
                (ActorRef<Receptionist.Listing> me) -> Receptionist.find(Ethernet.SERVICE, me),
                Duration.ofSeconds(3),
                system.scheduler()))
        .getServiceInstances(Ethernet.SERVICE)
        .isEmpty();
  }

  @Test
  void theWrappedFlowLosesAFewFramesAndNoMore() {
    try (DriverOnModel driver = DriverOnModel.of(ModelSettings.modern())) {
      var frames = new AtomicInteger();
      var wrapped =
          JavadocExamples.wrap(
              driver.net().flow(),
              LoggerFactory.getLogger(JavadocExamplesTest.class),
              MacAddress.of(FRAME, 0));
      var connected =
          Source.<Frame>maybe()
              .viaMat(wrapped, Keep.right())
              .to(
                  Sink.foreach(
                      frame -> {
                        frames.incrementAndGet();
                        frame.release();
                      }))
              .run(driver.system());
      await(connected);
      for (int i = 0; i < 100; i++) {
        until("a buffer", () -> driver.device().receive(FRAME));
      }
      until("most of 100 frames", () -> frames.get() >= 90);
    }
  }

  @Test
  void whatPassesIsInTheFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("frames.pcapng");
    try (DriverOnModel driver = DriverOnModel.of(ModelSettings.modern())) {
      var captured = JavadocExamples.capture(driver.net().flow(), file);
      Source.single(Frame.copyOf(FRAME))
          .concat(Source.maybe())
          .via(captured)
          .to(Sink.foreach(Frame::release))
          .run(driver.system());
      until("the frame", () -> !driver.device().takeTransmitted().isEmpty());
    }
    until("the file", () -> contains(file));
  }

  private static boolean contains(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return HexFormat.of().formatHex(bytes).contains(HexFormat.of().formatHex(FRAME));
    } catch (IOException e) {
      return false;
    }
  }

  /** The network behind it gives leases, and answers. */
  @Nested
  @RequiresQemu
  class OnQemu {
    @Test
    void aStackOnTheFlowGetsAnAddressAndAnAnswer() {
      ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "example");
      try {
        var reply =
            JavadocExamples.ping(
                system,
                VirtioNet.get(system).flow(),
                MacAddress.of(FRAME, 0),
                Ipv4Address.parse("10.0.2.2"));
        assertEquals(Ipv4Address.parse("10.0.2.2"), await(reply).from());
      } finally {
        system.terminate();
        await(system.getWhenTerminated());
      }
    }
  }
}
