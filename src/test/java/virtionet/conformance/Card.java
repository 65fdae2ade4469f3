package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import virtionet.machine.DeviceMemory;
import virtionet.machine.Registers;
import virtionet.net.Frame;
import virtionet.net.KeptState;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.StartListener;
import virtionet.virtio.VirtioException;

/** A network card of the model and the driver on it, with a log of the registers between them. */
record Card(ModelMachine machine, RegisterLog log, NetDevice device) implements AutoCloseable {
  static final int MEMORY = 32 << 20;
  static final int QUEUE_SIZE = 8;
  static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:01");

  /** What each device did before a driver that gave it up, and why. */
  record Refused(ModelMachine machine, RegisterLog log, String reason) {}

  static Stream<ModelSettings> both() {
    return Stream.of(ModelSettings.modern(), ModelSettings.legacy());
  }

  /** Both interfaces, with and without what changes the rings. */
  static Stream<ModelSettings> all() {
    return Stream.of(
        ModelSettings.modern(),
        ModelSettings.modern().without(ModelSettings.EVENT_IDX),
        ModelSettings.legacy(),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT | ModelSettings.EVENT_IDX));
  }

  static Card up(ModelSettings settings) {
    return up(settings, UnaryOperator.identity());
  }

  /**
   * @param between what a test puts between driver and device
   */
  static Card up(ModelSettings settings, UnaryOperator<Registers> between) {
    return up(ModelMachine.of(settings), between);
  }

  static Card up(ModelSettings device, NetSettings settings) {
    return up(ModelMachine.of(device), UnaryOperator.identity(), settings);
  }

  static Card up(ModelMachine machine, UnaryOperator<Registers> between) {
    return up(machine, between, settings());
  }

  static Card up(ModelMachine machine, UnaryOperator<Registers> between, NetSettings settings) {
    RegisterLog log = log(machine, between);
    return new Card(machine, log, bringUp(log, machine.memory(), settings));
  }

  static Refused refused(ModelSettings settings) {
    return refused(ModelMachine.of(settings));
  }

  static Refused refused(ModelMachine machine) {
    RegisterLog log = log(machine, UnaryOperator.identity());
    var why = assertThrows(VirtioException.class, () -> bringUp(log, machine.memory()));
    assertEquals(List.of(), machine.device(0).violations());
    return new Refused(machine, log, String.valueOf(why.getMessage()));
  }

  private static RegisterLog log(ModelMachine machine, UnaryOperator<Registers> between) {
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    return new RegisterLog(between.apply(registers));
  }

  static NetDevice bringUp(Registers registers, DeviceMemory memory) {
    return bringUp(registers, memory, settings());
  }

  private static NetDevice bringUp(Registers registers, DeviceMemory memory, NetSettings settings) {
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    return NetDevice.bringUp(
        registers, found, memory, settings, OWN_MAC, new KeptState(true), StartListener.NONE);
  }

  private static NetSettings settings() {
    return new NetSettings(QUEUE_SIZE, QUEUE_SIZE, 2048, Duration.ofMillis(50), Set.of());
  }

  NetDeviceModel model() {
    return machine.device(0);
  }

  /** What lies in the rings of a queue: 0 receives, 1 transmits. */
  RingMemory ring(int queue) {
    return RingMemory.of(log, queue, machine.view());
  }

  /** Bytes that only this number gives. */
  static byte[] frame(int number, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(number).nextBytes(bytes);
    // Not a VLAN tag by chance.
    bytes[12] = 0x08;
    return bytes;
  }

  /** Puts a frame into the ring and tells the device as it wishes. */
  void send(byte[] frame) {
    assertEquals(Outcome.QUEUED, device.transmitQueue().send(Frame.copyOf(frame)));
    device.transmitQueue().flush();
  }

  /** Sends a frame, sees it transmitted, and takes its buffer back. */
  byte[] transmit(byte[] frame) {
    send(frame);
    assertEquals(1, device.transmitQueue().reap());
    return model().takeTransmitted().getFirst();
  }

  /** Takes what has come, and releases it. */
  List<byte[]> receive() {
    List<byte[]> frames = new ArrayList<>();
    device
        .receiveQueue()
        .receive(
            frame -> {
              frames.add(frame.toByteArray());
              frame.release();
            },
            QUEUE_SIZE);
    return frames;
  }

  /** One frame each way. */
  void traffic(int number) {
    assertEquals(60, transmit(frame(number, 60)).length);
    assertTrue(model().receive(frame(number, 60)));
    assertEquals(1, receive().size());
  }

  /** Ends the device, and checks that it was treated well and that nothing is missing. */
  @Override
  public void close() {
    assertTrue(device.kept().buffers().isConserved(), "buffers are missing");
    device.end();
    device.kept().end();
    assertEquals(0, device.kept().buffers().total(), "buffers after the end");
    assertEquals(List.of(), model().violations());
    assertEquals(MEMORY, machine.memory().available(), "memory is missing");
  }
}
