package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import virtionet.machine.Registers;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.StartListener;

/** A network device that was brought up on a model, in one line. */
record TestDevice(ModelMachine machine, NetDeviceModel model, NetDevice device)
    implements AutoCloseable {
  static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:01");

  static TestDevice up(ModelSettings settings) {
    return up(settings, netSettings(256));
  }

  static TestDevice up(ModelSettings settings, NetSettings net) {
    ModelMachine machine = ModelMachine.of(settings);
    return new TestDevice(machine, machine.device(0), bringUp(machine, net));
  }

  static NetDevice bringUp(ModelMachine machine, NetSettings net) {
    return bringUp(machine, net, new KeptState(true));
  }

  static NetDevice bringUp(ModelMachine machine, NetSettings net, KeptState kept) {
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    Finding.Device found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    return NetDevice.bringUp(
        registers, found, machine.memory(), net, OWN_MAC, kept, true, StartListener.NONE);
  }

  static NetSettings netSettings(int queueSize) {
    return new NetSettings(queueSize, queueSize, 2048, Duration.ofMillis(50), Set.of());
  }

  long count(Counter counter) {
    return device.counters().get(counter);
  }

  /** Takes what has come, and releases it. */
  List<byte[]> receive(int budget) {
    List<byte[]> frames = new ArrayList<>();
    device
        .receiveQueue()
        .receive(
            frame -> {
              frames.add(frame.toByteArray());
              frame.release();
            },
            budget);
    return frames;
  }

  /** Bytes that only this number gives. */
  static byte[] frame(int number, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(number).nextBytes(bytes);
    // Not a VLAN tag by chance.
    bytes[12] = 0x08;
    return bytes;
  }

  /** Ends the device, and checks that it was treated well and that nothing is missing or held. */
  @Override
  public void close() {
    assertEquals(List.of(), model.violations());
    assertTrue(device.isConserved(), "buffers are missing");
    device.end();
    BufferBalance nothing = new BufferBalance(0, 0, 0, 0, 0, 0);
    assertEquals(nothing, device.kept().buffers(), "buffers after the end");
    assertEquals(0, count(Counter.FRAMES_LEAKED));
    assertEquals(32 << 20, machine.memory().available(), "memory is missing");
  }
}
