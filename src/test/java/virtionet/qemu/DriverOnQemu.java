package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import virtionet.MachineSetup;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.QemuProcess;

/**
 * The driver in an actor system, on a QEMU of its own. At the end it is checked that QEMU had
 * nothing to complain of, that the devices were reset first, and that nothing was left behind.
 */
final class DriverOnQemu implements AutoCloseable {
  private static final String AKKA =
      "akka.loglevel = WARNING\nakka.test.single-expect-default = %d s\n"
              .formatted(Patience.SECONDS)
          + "virtionet.recovery.max-restarts = 0\n"
          // On a busy machine QEMU takes its time.
          + "virtionet.control-timeout = 10 s\n"
          + "virtionet.leak-detection = on\n";

  private final Path guestErrors;
  private final QemuOptions options;
  private volatile QemuMachine qemu;
  private volatile WatchedMachine machine;
  private volatile QemuProcess process;
  private boolean opened;
  private final ActorSystem<Void> system;
  private final VirtioNet net;
  private boolean lost;
  private boolean framesHeld;

  /** Those that were not given up when the driver was told to end. */
  private final List<DeviceHandle> atTheEnd = new ArrayList<>();

  /**
   * @param settings of the driver, such as {@code receive-queue-size = 8}
   */
  static DriverOnQemu start(QemuOptions options, String... settings) throws IOException {
    Path guestErrors = Files.createTempFile("guest-errors-", ".log");
    List<String> arguments = new ArrayList<>(options.arguments());
    arguments.addAll(List.of("-d", "guest_errors", "-D", guestErrors.toString()));
    QemuOptions all = options.withArguments(arguments.toArray(String[]::new));
    QemuMachine qemu = QemuMachine.start(all);
    try {
      return new DriverOnQemu(guestErrors, all, qemu, settings);
    } catch (RuntimeException e) {
      qemu.close();
      throw e;
    }
  }

  private DriverOnQemu(
      Path guestErrors, QemuOptions options, QemuMachine qemu, String... settings) {
    this.options = options;
    this.guestErrors = guestErrors;
    this.qemu = qemu;
    machine = new WatchedMachine(qemu);
    process = QemuProcess.of(qemu);
    String config = String.join("\n", settings);
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "driver-on-qemu",
            ActorSystemSetup.create(
                BootstrapSetup.create(
                    ConfigFactory.parseString(AKKA + "virtionet {\n" + config + "\n}")
                        .withFallback(ConfigFactory.load())),
                new MachineSetup(this::open)));
    net = VirtioNet.get(system);
  }

  /** Where the driver has lost a machine, a new one. */
  private WatchedMachine open() {
    if (opened) {
      qemu = QemuMachine.start(options);
      machine = new WatchedMachine(qemu);
      process = QemuProcess.of(qemu);
    }
    opened = true;
    return machine;
  }

  ActorSystem<Void> system() {
    return system;
  }

  VirtioNet net() {
    return net;
  }

  QemuMachine qemu() {
    return qemu;
  }

  WatchedMachine machine() {
    return machine;
  }

  /** A client of the first device. */
  Station station() {
    return Station.connect(system, net.flow());
  }

  /** A client of the device of that name. */
  Station station(String device) {
    return Station.connect(system, net.flow(device));
  }

  /** A client that does nothing. */
  CompletionStage<EthernetConnection> connect(
      Flow<Frame, Frame, CompletionStage<EthernetConnection>> frames) {
    return Source.<Frame>empty()
        .viaMat(frames, Keep.right())
        .to(Sink.foreach(Frame::release))
        .run(system);
  }

  List<Device.Description> devices() {
    return Patience.answer(net.devices());
  }

  /** The first device, which is up. */
  DeviceHandle device() {
    return assertInstanceOf(Device.Up.class, devices().getFirst()).device();
  }

  /** Ends QEMU as the system does, without a word. */
  void kill() {
    lost = true;
    process.kill();
  }

  /** The same, for a driver that is to start another one. */
  void killForAnother() {
    process.kill();
  }

  /** Lets QEMU end by itself. */
  void quit() {
    lost = true;
    qemu.execute("quit", Map.of());
  }

  /** What QEMU says of a driver that does what it must not. */
  String complaints() throws IOException {
    return Files.readString(guestErrors);
  }

  /** From here on frames are held up to the end; their memory cannot be given back before. */
  void holdFrames() {
    framesHeld = true;
  }

  /** Ends the actor system, and with it the driver. */
  void end() {
    if (!system.whenTerminated().isCompleted()) {
      noteDevices();
    }
    system.terminate();
    Patience.answer(system.getWhenTerminated());
  }

  private void noteDevices() {
    try {
      for (Device.Description device : net.devices().toCompletableFuture().join()) {
        switch (device) {
          case Device.Up up -> atTheEnd.add(up.device());
          case Device.Recovering recovering -> atTheEnd.add(recovering.device());
          case Device.Failed failed -> {}
        }
      }
    } catch (CompletionException e) {
      // There is no machine, or the driver was stopped: so no device is up.
    }
  }

  /** Each buffer is accounted for, none is the device's, and no frame was forgotten. */
  private void assertBuffersInPlace() {
    for (DeviceHandle device : atTheEnd) {
      Patience.until(
          "each buffer is in its place: " + device.buffers(), () -> isSettled(device.buffers()));
      assertEquals(0, device.counters().getOrDefault(Counter.FRAMES_LEAKED, 0L), "frames leaked");
    }
  }

  private boolean isSettled(BufferBalance balance) {
    return balance.isConserved()
        && balance.posted() + balance.inFlight() == 0
        && (framesHeld || balance.lent() == 0);
  }

  @Override
  public void close() throws IOException {
    try {
      end();
      assertBuffersInPlace();
      process.assertGone();
      if (!lost) {
        machine.assertReset();
        if (!framesHeld) {
          machine.assertMemoryGivenBack();
        }
      }
      assertEquals("", complaints(), "QEMU's complaints of the driver");
    } finally {
      qemu.close();
      Files.delete(guestErrors);
    }
  }
}
