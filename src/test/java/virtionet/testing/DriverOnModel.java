package virtionet.testing;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.setup.Setup;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.testkit.TestPublisher;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import akka.stream.testkit.javadsl.TestSource;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import virtionet.MachineSetup;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.machine.DeviceMemory;
import virtionet.machine.Machine;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;

/**
 * An actor system with the driver in it, on a machine of device models; and its clients. Needs no
 * JUnit. {@link #client} and what it gives need akka-stream-testkit, the rest does not.
 */
public final class DriverOnModel implements AutoCloseable {
  /** Long enough for a busy machine: whoever waits so long waits for something lost. */
  public static final Duration PATIENCE = Duration.ofSeconds(30);

  /** For what comes by itself once all actors have stopped: a lost buffer never does. */
  private static final Duration SETTLING = Duration.ofSeconds(5);

  /**
   * A device that is slow since its test is, on a busy machine, is not taken for one that is stuck.
   */
  private static final String DEFAULTS =
      """
      akka.loggers = ["akka.event.slf4j.Slf4jLogger"]
      akka.loglevel = "WARNING"
      akka.log-dead-letters = off
      akka.test.single-expect-default = 30 s
      virtionet.receive-queue-size = 8
      virtionet.transmit-queue-size = 8
      virtionet.reset-timeout = 100 ms
      virtionet.transmit-timeout = 20 s
      virtionet.control-timeout = 10 s
      virtionet.recovery.max-restarts = 0
      virtionet.leak-detection = on
      """;

  private final ModelMachine model;
  private final DeviceMemory memory;
  private final long memoryAtStart;
  private final ActorSystem<Void> system;
  private final VirtioNet net;

  /** To be counted at the end: each device that a client has seen, or that is there at the end. */
  private final Set<Supplier<BufferBalance>> balances = ConcurrentHashMap.newKeySet();

  private final Set<Supplier<Map<Counter, Long>>> counters = ConcurrentHashMap.newKeySet();
  private boolean stopped;
  private boolean framesHeld;

  /** A client whose frames are given and taken by hand. */
  public record Client(
      TestPublisher.Probe<Frame> in,
      CompletionStage<EthernetConnection> connection,
      TestSubscriber.Probe<Frame> out) {

    /** Waits until it is connected. */
    public EthernetConnection connected() {
      return await(connection);
    }

    public long count(Counter counter) {
      return connected().counters().getOrDefault(counter, 0L);
    }

    /** Takes the next received frame, releases it, and gives its bytes. */
    public byte[] receive() {
      Frame frame = out.requestNext();
      byte[] bytes = frame.toByteArray();
      frame.release();
      return bytes;
    }

    /** The error with which its stream ended. */
    public Throwable error() {
      return out.expectError();
    }

    public void leave() {
      in.sendComplete();
      out.cancel();
    }
  }

  private DriverOnModel(
      ModelMachine model, Supplier<Machine> opener, String settings, Setup... more) {
    this.model = model;
    memory = model.memory();
    memoryAtStart = memory.available();
    var config =
        ConfigFactory.parseString(settings)
            .withFallback(ConfigFactory.parseString(DEFAULTS))
            .withFallback(ConfigFactory.load());
    var setup = ActorSystemSetup.create(BootstrapSetup.create(config), new MachineSetup(opener));
    for (Setup one : more) {
      setup = setup.and(one);
    }
    system = ActorSystem.create(Behaviors.empty(), "test", setup);
    net = VirtioNet.get(system);
  }

  public static DriverOnModel of(ModelSettings... devices) {
    return with("", devices);
  }

  /** With these settings of ours, in HOCON. */
  public static DriverOnModel with(String settings, ModelSettings... devices) {
    ModelMachine model = ModelMachine.of(devices);
    return new DriverOnModel(model, () -> model, settings);
  }

  /** In an actor system that is made with this as well. */
  public static DriverOnModel with(Setup more, String settings, ModelSettings... devices) {
    ModelMachine model = ModelMachine.of(devices);
    return new DriverOnModel(model, () -> model, settings, more);
  }

  /** On a machine that is opened so, and is at last this model. */
  public static DriverOnModel on(ModelMachine model, Supplier<Machine> opener, String settings) {
    return new DriverOnModel(model, opener, settings);
  }

  public VirtioNet net() {
    return net;
  }

  public ActorSystem<Void> system() {
    return system;
  }

  public ModelMachine machine() {
    return model;
  }

  public NetDeviceModel device() {
    return model.device(0);
  }

  public DeviceMemory memory() {
    return memory;
  }

  /** A client of the first device; perhaps not yet connected. */
  public Client client() {
    return client(net.flow());
  }

  public Client client(Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow) {
    var streams =
        TestSource.<Frame>create(system)
            .viaMat(flow, Keep.both())
            .toMat(TestSink.create(system), Keep.both())
            .run(system);
    streams.second().ensureSubscription();
    streams
        .first()
        .second()
        .thenAccept(
            device -> {
              balances.add(device::buffers);
              counters.add(device::counters);
            });
    return new Client(streams.first().first(), streams.first().second(), streams.second());
  }

  /** A client of the first device, connected. */
  public Client connected() {
    Client client = client();
    client.connected();
    return client;
  }

  /** Why the only device does not work. */
  public String failure() {
    List<Device.Description> devices = await(net.devices());
    check(devices.size() == 1, "devices: " + devices);
    if (devices.getFirst() instanceof Device.Failed failed) {
      return failed.reason();
    }
    throw new AssertionError("the device has not failed: " + devices);
  }

  /** Stops the driver, and checks that the devices were treated well and no memory is missing. */
  public void stopWithoutATrace() {
    noteDevices();
    await(net.stop());
    stopped = true;
    until("all memory is given back", () -> memory.available() == memoryAtStart);
    check(memory.quarantined() == 0, "memory withdrawn: " + memory.quarantined());
    for (int slot = 0; slot < model.deviceCount(); slot++) {
      List<String> violations = model.device(slot).violations();
      check(violations.isEmpty(), "violations: " + violations);
      int status = model.device(slot).status();
      check(status == 0, "status after the reset: " + status);
    }
    check(model.isClosed(), "the machine was not closed");
  }

  /** From here on frames are held up to the end, by intent. */
  public void holdFrames() {
    framesHeld = true;
  }

  /**
   * Also ends the driver, if it still runs. However it ended: each buffer is accounted for, the
   * device has none that is not withdrawn, and nobody has forgotten a frame.
   */
  @Override
  public void close() {
    noteDevices();
    system.terminate();
    await(system.getWhenTerminated());
    for (Supplier<BufferBalance> balance : balances) {
      until(
          () -> "all buffers are in their place: " + balance.get(),
          () -> isSettled(balance.get()),
          SETTLING);
    }
    for (Supplier<Map<Counter, Long>> of : counters) {
      long leaked = of.get().getOrDefault(Counter.FRAMES_LEAKED, 0L);
      check(leaked == 0, leaked + " frame(s) leaked; the log says where they were taken");
    }
    if (!framesHeld) {
      until(
          () -> "all memory is given back or withdrawn",
          () -> memory.available() + memory.quarantined() == memoryAtStart,
          SETTLING);
    }
  }

  private boolean isSettled(BufferBalance balance) {
    return balance.isConserved()
        && balance.posted() == 0
        && balance.inFlight() == 0
        && (framesHeld || balance.lent() == 0);
  }

  /** Devices that no client of this fixture's own has seen. */
  private void noteDevices() {
    if (stopped) {
      return;
    }
    try {
      for (Device.Description device :
          net.devices().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        switch (device) {
          case Device.Up up -> note(up.device());
          case Device.Recovering recovering -> note(recovering.device());
          case Device.Failed failed -> {}
        }
      }
    } catch (ExecutionException e) {
      // There is no machine, or no driver any more: what clients saw is looked at all the same.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (TimeoutException e) {
      throw new AssertionError("the driver does not answer within " + PATIENCE, e);
    }
  }

  private void note(DeviceHandle device) {
    balances.add(device::buffers);
    counters.add(device::counters);
  }

  private static void check(boolean good, String otherwise) {
    if (!good) {
      throw new AssertionError(otherwise);
    }
  }

  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("not completed as expected: " + e, e);
    }
  }

  /** The failure with which the stage ends. */
  public static Throwable failureOf(CompletionStage<?> stage) {
    try {
      Object value = stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("completed instead of failing: " + value);
    } catch (ExecutionException e) {
      return Objects.requireNonNull(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (TimeoutException e) {
      throw new AssertionError("not ended within " + PATIENCE, e);
    }
  }

  /** Waits for a condition that others bring about. */
  public static void until(String what, BooleanSupplier condition) {
    until(() -> what, condition, PATIENCE);
  }

  private static void until(Supplier<String> what, BooleanSupplier condition, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() >= deadline) {
        throw new AssertionError("never comes: " + what.get());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** Bytes that only this number gives: an IPv4 frame by its type. */
  public static byte[] bytes(int number, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(number).nextBytes(bytes);
    bytes[12] = 0x08;
    return bytes;
  }
}
