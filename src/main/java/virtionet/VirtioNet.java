package virtionet;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Extension;
import akka.actor.typed.ExtensionId;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.AskPattern;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import virtionet.driver.Device;
import virtionet.driver.DeviceLostException;
import virtionet.driver.OverloadedException;
import virtionet.driver.ScanReport;
import virtionet.driver.VirtioNetDriver;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.stream.EthernetConnection;
import virtionet.stream.EthernetStage;

/**
 * The driver in an actor system: {@code VirtioNet.get(system).flow()} is a stream of Ethernet
 * frames. Made at the first {@link #get}, with the settings below {@code virtionet}; the system's
 * shutdown resets the devices. Any thread.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="count"}
 */
public final class VirtioNet implements Extension {
  /** Questions that may wait for their answers: of each an actor of the driver's may be made. */
  private static final int MOST_PENDING = 1_000;

  private final ActorSystem<?> system;
  private final VirtioNetSettings settings;
  private final ActorRef<VirtioNetDriver.Command> driver;

  /** The driver is told once: a second order would find it gone, and no answer would come. */
  private final AtomicBoolean stopping = new AtomicBoolean();

  private final AtomicInteger pending = new AtomicInteger();
  private final CompletableFuture<Done> stopped = new CompletableFuture<>();

  /** Akka's way of making it once for each system. */
  public static final class Id extends ExtensionId<VirtioNet> {
    private static final Id INSTANCE = new Id();

    private Id() {}

    /** Also found by this name, when listed in {@code akka.actor.typed.extensions}. */
    public static Id getInstance() {
      return INSTANCE;
    }

    @Override
    public VirtioNet createExtension(ActorSystem<?> system) {
      return new VirtioNet(system);
    }
  }

  /**
   * The driver of this system; the first call starts it.
   *
   * @throws IllegalArgumentException when a setting is unknown or wrong
   */
  public static VirtioNet get(ActorSystem<?> system) {
    return Id.getInstance().apply(system);
  }

  private VirtioNet(ActorSystem<?> system) {
    this.system = system;
    settings = VirtioNetSettings.from(system.settings().config());
    Supplier<Machine> opener =
        system
            .settings()
            .setup()
            .get(MachineSetup.class)
            .map(MachineSetup::opener)
            .orElseGet(() -> ConfiguredMachine.opener(settings));
    Props props = DispatcherSelector.fromConfig(settings.dispatcher());
    driver =
        system.systemActorOf(
            VirtioNetDriver.create(opener, settings.driver()), settings.name(), props);
    system.systemActorOf(
        EthernetService.create(this, settings, driver), settings.name() + "-service", props);
    CoordinatedShutdown.get(system)
        .addTask(CoordinatedShutdown.PhaseServiceStop(), "virtionet-reset-devices", this::stop);
  }

  /**
   * The frames of the first network device: those that go in are transmitted, those that it
   * receives come out. Each frame that comes out is to be {@linkplain Frame#release() released}.
   *
   * <p>Materializes to the connected device, or fails with the reason why there is none. The
   * inlet's completion leaves the outlet open; cancelling the outlet ends both.
   */
  public Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow() {
    return flow(Optional.empty(), OptionalInt.empty(), false);
  }

  /** The same for the device of that name, which is its node's in the device tree. */
  public Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow(String device) {
    return flow(Optional.of(device), OptionalInt.empty(), false);
  }

  /**
   * The same on one queue pair of that device: {@code virtionet.queue-pairs} of these flows take
   * and send frames side by side. All frames of one TCP or UDP flow come out of the same one, as
   * long as what answers them is sent on it too (VirtIO 1.3 §5.1.6.5.6).
   *
   * @param pair from 0
   */
  public Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow(String device, int pair) {
    return flow(Optional.of(device), OptionalInt.of(pair), false);
  }

  private Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow(
      Optional<String> device, OptionalInt pair, boolean endsWhenSent) {
    return Flow.fromGraph(
        EthernetStage.ofFrames(system, driver, device, pair, settings.stream(), endsWhenSent));
  }

  /**
   * As {@link #flow()}, with as many frames in one element as there are at once, up to {@code
   * virtionet.batch-size}: for those who want the rate. Each batch that comes out is to be
   * {@linkplain FrameBatch#release() released}, or passed on to an inlet of the driver.
   */
  public Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> batches() {
    return batches(Optional.empty(), OptionalInt.empty());
  }

  /** The same for the device of that name. */
  public Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> batches(String device) {
    return batches(Optional.of(device), OptionalInt.empty());
  }

  /** The same on one queue pair of that device, as {@link #flow(String, int)}. */
  public Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> batches(
      String device, int pair) {
    return batches(Optional.of(device), OptionalInt.of(pair));
  }

  private Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> batches(
      Optional<String> device, OptionalInt pair) {
    return Flow.fromGraph(
        EthernetStage.ofBatches(system, driver, device, pair, settings.stream(), false));
  }

  /** The received frames of the first network device; nothing is transmitted. */
  public Source<Frame, CompletionStage<EthernetConnection>> source() {
    return Source.<Frame>maybe().viaMat(flow(), Keep.right());
  }

  /**
   * Transmits frames on the first network device, back-pressured by its ring. Materializes to the
   * end: all frames were passed to the ring, or the reason why not. What is received meanwhile is
   * dropped.
   */
  public Sink<Frame, CompletionStage<Done>> sink() {
    return flow(Optional.empty(), OptionalInt.empty(), true)
        .toMat(Sink.foreach(Frame::release), Keep.right());
  }

  /** What stands in each slot of the machine; fails when there is no machine. */
  public CompletionStage<ScanReport> scan() {
    CompletionStage<VirtioNetDriver.ScanResult> result = ask(VirtioNetDriver.Scan::new);
    return result.thenApply(
        answer ->
            switch (answer) {
              case VirtioNetDriver.Scanned scanned -> scanned.report();
              case VirtioNetDriver.NoMachine none -> throw none.failure();
            });
  }

  /**
   * What has become of each network device: up, recovering or failed; empty when there is none.
   * Fails when there is no machine.
   */
  public CompletionStage<List<Device.Description>> devices() {
    CompletionStage<VirtioNetDriver.DescribeResult> result =
        ask(VirtioNetDriver.DescribeDevices::new);
    return result.thenApply(
        answer ->
            switch (answer) {
              case VirtioNetDriver.Devices found -> found.devices();
              case VirtioNetDriver.NoMachine none -> throw none.failure();
            });
  }

  /**
   * Resets a device and starts it again, also one that was given up. Streams of a device that is up
   * stay. Completes when it is up; fails with the reason when it is not.
   *
   * @param device its name
   */
  public CompletionStage<Done> restart(String device) {
    Work work = Tracing.of(system).here();
    CompletionStage<Device.RestartResult> result =
        ask(replyTo -> new VirtioNetDriver.Restart(Optional.of(device), replyTo, work));
    return result.thenApply(
        answer ->
            switch (answer) {
              case Device.Restarted up -> Done.getInstance();
              case Device.NotRestarted failed -> throw new DeviceLostException(failed.reason());
            });
  }

  /** Fails with an {@link OverloadedException} when too many wait already. */
  private <R> CompletionStage<R> ask(
      akka.japi.function.Function<ActorRef<R>, VirtioNetDriver.Command> question) {
    if (pending.incrementAndGet() > MOST_PENDING) {
      pending.decrementAndGet();
      return CompletableFuture.failedStage(
          new OverloadedException(MOST_PENDING + " questions wait for their answers already"));
    }
    return orStopped(askAtOnce(question).toCompletableFuture())
        .whenComplete((answer, failure) -> pending.decrementAndGet());
  }

  /** A driver that has stopped answers nothing, although in its last moment it is still there. */
  private <R> CompletableFuture<R> orStopped(CompletableFuture<R> answer) {
    return CompletableFuture.anyOf(answer, stopped)
        .exceptionally(failure -> Done.getInstance())
        .thenCompose(
            first ->
                answer.state() != Future.State.SUCCESS && stopped.isDone()
                    ? CompletableFuture.failedFuture(new MachineException("the driver has stopped"))
                    : answer);
  }

  private <R> CompletionStage<R> askAtOnce(
      akka.japi.function.Function<ActorRef<R>, VirtioNetDriver.Command> question) {
    return AskPattern.ask(driver, question, settings.stream().connectTimeout(), system.scheduler());
  }

  /**
   * Resets the devices and closes the machine; streams end. Also done by the system's shutdown.
   * Completes when all is done.
   */
  public CompletionStage<Done> stop() {
    if (stopping.compareAndSet(false, true)) {
      CompletionStage<Done> answer = askAtOnce(VirtioNetDriver.Stop::new);
      answer.whenComplete((done, gone) -> stopped.complete(Done.getInstance()));
    }
    return stopped.minimalCompletionStage();
  }
}
