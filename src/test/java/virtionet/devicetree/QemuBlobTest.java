package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.devicetree.InterruptSpecifier.Gic;
import virtionet.devicetree.InterruptSpecifier.GicType;
import virtionet.devicetree.InterruptSpecifier.Line;

/** What QEMU's machines have is known from QEMU: {@code hw/riscv/virt.c}, {@code hw/arm/virt.c}. */
@Tag("qemu")
class QemuBlobTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");

  @TempDir private static Path folder;

  private static List<DeviceNode> slots(String arch, String machine)
      throws IOException, InterruptedException {
    DeviceSearch found = DeviceTree.read(Tools.qemuBlob(folder, arch, machine)).devices(VIRTIO);
    assertEquals(List.of(), found.malformed());
    return found.devices();
  }

  @Test
  void riscv64HasEightSlotsOnItsPlic() throws IOException, InterruptedException {
    List<DeviceNode> slots = slots("riscv64", "virt");
    assertEquals(8, slots.size());
    for (int i = 0; i < 8; i++) {
      DeviceNode slot = slots.get(i);
      long address = 0x10001000L + 0x1000L * i;
      assertEquals("/soc/virtio_mmio@%x".formatted(address), slot.path());
      assertEquals(List.of(new AddressWindow(address, 0x1000)), slot.windows());
      assertEquals(1, slot.interrupts().size());
      Line line = assertInstanceOf(Line.class, slot.interrupts().getFirst());
      assertEquals(OptionalInt.of(i + 1), line.number());
      assertEquals(Optional.empty(), line.trigger());
      assertEquals("sifive,plic-1.0.0", line.controller().compatible().getFirst());
      assertEquals(DmaCoherence.UNSPECIFIED, slot.dmaCoherence());
    }
  }

  @Test
  void riscv64WithTheAplicTellsTheTrigger() throws IOException, InterruptedException {
    List<DeviceNode> slots = slots("riscv64", "virt,aia=aplic");
    assertEquals(8, slots.size());
    for (int i = 0; i < 8; i++) {
      Line line = assertInstanceOf(Line.class, slots.get(i).interrupts().getFirst());
      assertEquals(OptionalInt.of(i + 1), line.number());
      assertEquals(Optional.of(Trigger.LEVEL_HIGH), line.trigger());
      // A later QEMU has its own name before it.
      assertEquals("riscv,aplic", line.controller().compatible().getLast());
    }
  }

  @Test
  void aarch64HasThirtyTwoSlotsOnItsGic() throws IOException, InterruptedException {
    for (String machine : List.of("virt", "virt,gic-version=3")) {
      List<DeviceNode> slots = slots("aarch64", machine);
      assertEquals(32, slots.size());
      for (int i = 0; i < 32; i++) {
        DeviceNode slot = slots.get(i);
        long address = 0x0a000000L + 0x200L * i;
        assertEquals("/virtio_mmio@%x".formatted(address), slot.path());
        assertEquals(List.of(new AddressWindow(address, 0x200)), slot.windows());
        assertEquals(1, slot.interrupts().size());
        Gic gic = assertInstanceOf(Gic.class, slot.interrupts().getFirst());
        assertEquals(GicType.SPI, gic.type());
        assertEquals(OptionalInt.of(16 + i), gic.number());
        assertEquals(48 + i, gic.intId());
        assertEquals(Optional.of(Trigger.RISING_EDGE), gic.trigger());
        assertEquals(DmaCoherence.COHERENT, slot.dmaCoherence());
      }
    }
  }
}
