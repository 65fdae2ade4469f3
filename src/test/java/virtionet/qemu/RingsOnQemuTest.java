package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.DeviceRegion;
import virtionet.machine.Registers;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;
import virtionet.testing.Patience;
import virtionet.testing.Requirement;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Wire;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.QueueMemory;
import virtionet.virtio.RingFeatures;
import virtionet.virtio.VirtioDevice;
import virtionet.virtio.VirtioException;
import virtionet.virtio.Virtqueues;

/** Virtqueues of QEMU's device, driven by hand; traffic is {@link LatticeOnQemuTest}'s. */
@RequiresQemu
class RingsOnQemuTest {
  private static final String DEVICE = "virtio-net-device,netdev=net0,";

  /** QEMU 7.2 on a register that it lacks: written once, read once. */
  private static final String NO_QUEUE_RESET =
      """
      virtio_mmio_write: bad register offset (0xc0)
      virtio_mmio_read: bad register offset (0xc0)
      """;

  private static final int TRANSMIT = 1;
  private static final int HEADER = 12;
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir Path folder;

  private static QemuOptions options(Wire wire, String properties) {
    return QemuOptions.of(QemuArchitecture.RISCV64)
        .withNetdevs(wire.netdev("net0"))
        .withDevices(DEVICE + properties);
  }

  @ParameterizedTest
  @ValueSource(strings = {"packed=on", "packed=off", "packed=on,indirect_desc=off"})
  @Requirement({"SPLIT-DRV-09", "SPLIT-IMP-03", "PACKED-DRV-13", "PACKED-DRV-15"})
  void aFrameInManyPiecesArrivesWhole(String properties) throws Exception {
    Path log = folder.resolve("guest-errors");
    try (var wire = new Wire();
        var machine =
            QemuMachine.start(
                options(wire, properties)
                    .withArguments("-d", "guest_errors", "-D", log.toString()))) {
      var transmitter = new Transmitter(machine);
      // Through a table where there are tables; the longest ones are too long for theirs.
      for (int pieces = 2; pieces <= 30; pieces++) {
        byte[] frame = TestBytes.frame(pieces, 600);
        transmitter.send(frame, pieces);
        assertArrayEquals(frame, wire.receive());
      }
      transmitter.device.reset(LONG);
    }
    assertEquals("", complaints(log));
  }

  /** What QEMU says of a driver that does what it must not. */
  private static String complaints(Path log) throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** QEMU 7.2 offers RING_RESET, but has no register for it; a later one keeps its word. */
  @ParameterizedTest
  @ValueSource(strings = {"packed=on", "packed=off"})
  @Requirement({"VQR-DRV-01", "VQR-DRV-02"})
  void aQueueThatWasResetOrProvedNotToBeGoesOnCarryingFrames(String properties) throws Exception {
    Path log = folder.resolve("guest-errors");
    String refused;
    try (var wire = new Wire();
        var machine =
            QemuMachine.start(
                options(wire, properties)
                    .withArguments("-d", "guest_errors", "-D", log.toString()))) {
      var transmitter = new Transmitter(machine);
      transmitter.send(TestBytes.frame(1, 100), 3);
      assertArrayEquals(TestBytes.frame(1, 100), wire.receive());
      refused = transmitter.restart();
      assertTrue(refused.isEmpty() || refused.contains("lacks the register QueueReset"), refused);
      for (int i = 2; i < 50; i++) {
        transmitter.send(TestBytes.frame(i, 100), 3);
        assertArrayEquals(TestBytes.frame(i, 100), wire.receive());
      }
      transmitter.device.reset(LONG);
    }
    assertEquals(refused.isEmpty() ? "" : NO_QUEUE_RESET, complaints(log));
  }

  /** The device's transmit queue and nothing else, driven by hand. */
  private static final class Transmitter {
    private final VirtioDevice device;
    private final QueueMemory memory;
    private final DeviceRegion buffer;
    private final DescriptorChain chain = new DescriptorChain();

    Transmitter(QemuMachine machine) throws IOException {
      Registers registers =
          machine.slots(Set.of("virtio,mmio")).stream()
              .map(machine::access)
              .filter(slot -> Probe.probe(slot) instanceof Finding.Device)
              .findFirst()
              .orElseThrow();
      var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
      device = new VirtioDevice(Probe.transport(registers, found));
      device.reset(LONG);
      device.acknowledge();
      long accepted =
          device.transport().deviceFeatures()
              & (CommonFeature.VERSION_1.mask()
                  | CommonFeature.RING_PACKED.mask()
                  | CommonFeature.INDIRECT_DESC.mask()
                  | CommonFeature.EVENT_IDX.mask()
                  | CommonFeature.RING_RESET.mask());
      device.acceptFeatures(accepted);
      memory =
          Virtqueues.create(
              TRANSMIT,
              64,
              40,
              device.transport().usedRingAlignment(),
              RingFeatures.of(accepted),
              machine.memory());
      buffer = machine.memory().allocate(4096, 4096);
      device.enableQueue(memory);
      device.start();
    }

    void send(byte[] frame, int pieces) {
      MemorySegment.copy(MemorySegment.ofArray(frame), 0, buffer.segment(), HEADER, frame.length);
      chain.clear().readable(buffer.deviceAddress(), HEADER);
      int at = 0;
      for (int piece = 1; piece < pieces; piece++) {
        int end = piece == pieces - 1 ? frame.length : at + 7;
        chain.readable(buffer.deviceAddress() + HEADER + at, end - at);
        at = end;
      }
      assertTrue(memory.queue().add(chain, pieces));
      if (memory.queue().publish()) {
        device.transport().notifyQueue(memory.queue().notification());
      }
      Patience.until("the frame is sent", memory.queue()::hasUsed);
      assertEquals(pieces, memory.queue().poll());
      assertEquals(memory.queue().size(), memory.queue().free());
    }

    /** Why it does not work, or nothing. */
    String restart() {
      try {
        device.restartQueue(memory, LONG);
        return "";
      } catch (VirtioException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }
}
