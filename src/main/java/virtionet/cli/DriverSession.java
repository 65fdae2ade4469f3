package virtionet.cli;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.MachineSetup;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceControl;
import virtionet.driver.DeviceHandle;
import virtionet.driver.ScanReport;
import virtionet.machine.MachineException;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;

/** An actor system with the driver in it, for as long as a command runs. */
final class DriverSession implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration ENDLESS = Duration.ofDays(365);

  private final ActorSystem<Void> system;
  private final VirtioNet net;
  private final Optional<SessionCapture> capture;

  private DriverSession(
      ActorSystemSetup setup, Optional<SessionCapture> capture, MetricsMixin.Start metrics) {
    this.capture = capture;
    system = ActorSystem.create(Behaviors.empty(), "virtionet", setup);
    try {
      metrics.accept(system);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    net = VirtioNet.get(system);
  }

  /** Opens the machine that the options name, and starts the driver on it. */
  static DriverSession open(MachineMixin qemu) {
    return open(qemu, Optional.empty(), MetricsMixin.Start.NONE, SpanExport.none());
  }

  /**
   * The same, with the frames of its flows captured, and its numbers told.
   *
   * @param capture closed with the session
   */
  static DriverSession open(
      MachineMixin qemu, Optional<SessionCapture> capture, MetricsMixin.Start metrics) {
    return open(qemu, capture, metrics, SpanExport.none());
  }

  /** The same, with its driver's work told as spans. */
  static DriverSession open(
      MachineMixin qemu,
      Optional<SessionCapture> capture,
      MetricsMixin.Start metrics,
      SpanExport spans) {
    Map<String, Object> settings = qemu.settings();
    // A command is over when its machine is: there would be another network, and its leases are
    // gone.
    settings.putIfAbsent("virtionet.recovery.max-restarts", 0);
    return new DriverSession(spans.in(setup(settings)), capture, metrics);
  }

  /** The same, for a command that goes on when its device or its machine was lost and is back. */
  static DriverSession openRecovering(
      MachineMixin qemu,
      Optional<SessionCapture> capture,
      MetricsMixin.Start metrics,
      SpanExport spans) {
    return new DriverSession(spans.in(setup(qemu.settings())), capture, metrics);
  }

  /** The same on a machine of the caller's. */
  static DriverSession openRecovering(MachineMixin qemu, MachineSetup machine) {
    return new DriverSession(
        setup(qemu.settings()).and(machine), Optional.empty(), MetricsMixin.Start.NONE);
  }

  private static ActorSystemSetup setup(Map<String, Object> settings) {
    settings.put("akka.loggers", List.of("akka.event.slf4j.Slf4jLogger"));
    settings.put("akka.loglevel", "WARNING");
    // The commands' streams never wait: they run where the frames are taken from the device.
    settings.put("akka.stream.materializer.dispatcher", "virtionet.event-loop");
    // An emulated guest takes its time.
    settings.put("akka.logger-startup-timeout", "60s");
    Config config = ConfigFactory.parseMap(settings).withFallback(ConfigFactory.load());
    return ActorSystemSetup.create(BootstrapSetup.create(config));
  }

  ActorSystem<Void> system() {
    return system;
  }

  /** What stands in the machine's slots. */
  ScanReport scan() throws InterruptedException {
    return await(net.scan());
  }

  /** What has become of each network device. */
  List<Device.Description> devices() throws InterruptedException {
    return await(net.devices());
  }

  /** The first network device, up. */
  DeviceHandle device() throws InterruptedException {
    for (Device.Description description : devices()) {
      return switch (description) {
        case Device.Up up -> up.device();
        case Device.Recovering down -> down.device();
        case Device.Failed failed ->
            throw new MachineException(
                "device %s: %s".formatted(failed.slot().name(), failed.reason()));
      };
    }
    throw new MachineException(scan().whyNoDevice());
  }

  /** The frames of the device; captured where a capture is wanted. */
  Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow(DeviceHandle device) {
    var flow = net.flow(device.info().name());
    return capture.map(into -> into.around(device, flow)).orElse(flow);
  }

  /** A TCP/IP stack on the device. */
  TcpIp stack(DeviceHandle device) {
    TcpIp stack =
        TcpIp.start(
            system,
            flow(device),
            TcpIpSettings.of(device.events().mac(), device.info().mtu())
                .withHostname("virtionet")
                .withAllocator(EthernetConnection.of(device)::allocate));
    DeviceControl.Announcer announcer = stack::announce;
    device.control().announceBy(announcer);
    stack.terminated().whenComplete((end, failure) -> device.control().stopAnnouncingBy(announcer));
    return stack;
  }

  /** Waits for an answer; its failure is thrown as it is. */
  static <T> T await(CompletionStage<T> stage) throws InterruptedException {
    return await(stage, PATIENCE);
  }

  /** The same for what ends when it ends. */
  static <T> T awaitEnd(CompletionStage<T> stage) throws InterruptedException {
    return await(stage, ENDLESS);
  }

  private static <T> T await(CompletionStage<T> stage, Duration patience)
      throws InterruptedException {
    try {
      return stage.toCompletableFuture().get(patience.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new MachineException(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new MachineException("no answer within " + patience.toSeconds() + " s", e);
    }
  }

  /** Resets the device, ends QEMU, and waits for both. */
  @Override
  public void close() {
    system.terminate();
    try {
      await(system.getWhenTerminated());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      capture.ifPresent(SessionCapture::close);
    }
  }
}
