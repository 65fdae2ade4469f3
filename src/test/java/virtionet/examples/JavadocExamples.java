package virtionet.examples;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.util.ByteString;
import com.typesafe.config.ConfigFactory;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import virtionet.Ethernet;
import virtionet.VirtioNet;
import virtionet.flows.FaultInjector;
import virtionet.flows.FaultSettings;
import virtionet.flows.MacFilter;
import virtionet.flows.Rate;
import virtionet.flows.Shaper;
import virtionet.flows.Tracer;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.observe.otel.OpenTelemetryTracing;
import virtionet.observe.pcap.CaptureInterface;
import virtionet.observe.pcap.PcapSettings;
import virtionet.observe.pcap.PcapTap;
import virtionet.observe.pcap.Rotation;
import virtionet.stream.EthernetConnection;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;

/** What the documentation of the interfaces shows. */
final class JavadocExamples {
  private JavadocExamples() {}

  static CompletionStage<EthernetConnection> count(ActorSystem<?> system) {
    // @start region="count"
    CompletionStage<EthernetConnection> connected =
        VirtioNet.get(system)
            .source()
            .to(Sink.foreach(Frame::release)) // takes each frame, and gives its buffer back
            .run(system);
    connected.thenAccept(
        device -> {
          System.out.println(device.name() + ", " + device.mac() + ", MTU " + device.mtu());
          device.events().runForeach(event -> System.out.println(event), system);
        });
    // @end
    return connected;
  }

  static ActorSystem<Void> watch(OpenTelemetry openTelemetry) {
    // @start region="spans"
    OpenTelemetryTracing tracing = OpenTelemetryTracing.of(openTelemetry).withOneBatchIn(100_000);
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "app",
            ActorSystemSetup.create(BootstrapSetup.create(ConfigFactory.load()), tracing.setup()));
    // @end
    return system;
  }

  static CompletionStage<Ethernet.Reply> ask(ActorSystem<?> system) {
    // @start region="ask"
    CompletionStage<Receptionist.Listing> found =
        AskPattern.ask(
            system.receptionist(),
            (ActorRef<Receptionist.Listing> me) -> Receptionist.find(Ethernet.SERVICE, me),
            Duration.ofSeconds(3),
            system.scheduler());
    CompletionStage<Ethernet.Reply> answer =
        found.thenCompose(
            listing ->
                AskPattern.ask(
                    listing.getServiceInstances(Ethernet.SERVICE).iterator().next(),
                    (ActorRef<Ethernet.Reply> me) -> new Ethernet.Connect(Optional.empty(), me),
                    Duration.ofSeconds(3),
                    system.scheduler()));
    // An Ethernet.Connected has the flow of frames, an Ethernet.Refused the reason.
    // @end
    return answer;
  }

  static <M> Flow<Frame, Frame, M> wrap(Flow<Frame, Frame, M> net, Logger log, MacAddress own) {
    // @start region="wrap"
    FaultSettings faults = FaultSettings.none(7).withDrop(0.01).withCorrupt(0.001);
    Flow<Frame, Frame, M> wrapped =
        Tracer.bidi(log)
            .atop(FaultInjector.bidi(faults, faults))
            .join(net, Keep.right())
            .via(MacFilter.to(Set.of(own)))
            .via(Shaper.bytes(new Rate(1_000_000, 64_000)));
    // @end
    return wrapped;
  }

  static Flow<Frame, Frame, CompletionStage<EthernetConnection>> capture(
      Flow<Frame, Frame, CompletionStage<EthernetConnection>> net, Path file) {
    // @start region="capture"
    PcapSettings settings = PcapSettings.to(file).withRotation(Rotation.atBytes(100 << 20));
    Flow<Frame, Frame, CompletionStage<EthernetConnection>> captured =
        PcapTap.around(net, settings, CaptureInterface.of("net0"));
    // @end
    return captured;
  }

  static CompletionStage<PingReply> ping(
      ActorSystem<?> system, Flow<Frame, Frame, ?> net, MacAddress mac, Ipv4Address other) {
    // @start region="ping"
    TcpIp stack = TcpIp.start(system, net, TcpIpSettings.of(mac, 1500));
    CompletionStage<PingReply> reply =
        stack
            .dhcp()
            .thenCompose(
                lease -> stack.ping(other, ByteString.fromString("!"), Duration.ofSeconds(3)));
    // @end
    return reply.whenComplete((answer, failure) -> stack.close());
  }
}
