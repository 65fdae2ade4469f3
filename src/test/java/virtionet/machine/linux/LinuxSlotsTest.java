package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.MachineException;
import virtionet.machine.Slot;
import virtionet.testing.CapturedLog;

/** Which slots a system has, and which device of the bus each is. */
class LinuxSlotsTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");

  @TempDir private Path folder;
  private FakeSystem system;

  @BeforeEach
  void start() {
    system = new FakeSystem(folder);
  }

  private LinuxSlots find() {
    return LinuxSlots.find(system.paths(), VIRTIO);
  }

  private static List<String> devices(LinuxSlots slots) {
    return slots.slots().stream().map(slot -> slots.device(slot).name()).toList();
  }

  @Test
  void theBlobsSlotsAreTheBusDevicesOfTheirAddresses() {
    PlatformDevice last = system.slot(0xa003e00, FakeSystem.NETWORK_CARD);
    PlatformDevice first = system.slot(0xa000000, 0);
    system.blob(0xa003e00, 0xa000000);
    LinuxSlots slots = find();
    assertEquals(List.of(first.name(), last.name()), devices(slots));
    assertEquals(
        new Slot("virtio_mmio@a003e00", 0xa003e00, 0x200, OptionalInt.of(1), true),
        slots.slots().getLast());
  }

  @Test
  void aSlotThatTheBusDoesNotKnowIsLeftOutWithAWarning() {
    system.slot(0xa000000, 0);
    system.blob(0xa000000, 0xa000200);
    try (var log = new CapturedLog(Level.WARN)) {
      assertEquals(List.of("a000000.virtio_mmio"), devices(find()));
      assertEquals(1, log.lines(Level.WARN, "virtio_mmio@a000200").size());
    }
  }

  @Test
  void ofTwoNodesOfOneNameTheAddressDecides() {
    system.slot(0x1000, 0);
    PlatformDevice other = system.device("2000.virtio_mmio", 0);
    system.put("sys/bus/platform/devices/" + other + "/nothing", "");
    system.blob(0x1000);
    assertEquals(List.of("1000.virtio_mmio"), devices(find()));
  }

  @Test
  void withoutABlobTheFolderIsRead() {
    system.slot(0xa003e00, 0);
    folderTree("virtio,mmio\0");
    LinuxSlots slots = find();
    assertEquals(List.of("a003e00.virtio_mmio"), devices(slots));
    assertEquals(0xa003e00, slots.slots().getFirst().address());
  }

  private void folderTree(String compatible) {
    String root = "proc/device-tree/";
    system.put(root + "#address-cells", words(2));
    system.put(root + "#size-cells", words(2));
    system.put(root + "virtio_mmio@a003e00/compatible", compatible);
    system.put(root + "virtio_mmio@a003e00/reg", words(0, 0xa003e00, 0, 0x200));
  }

  private static byte[] words(int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 4);
    for (int word : words) {
      bytes.putInt(word);
    }
    return bytes.array();
  }

  @Test
  void aDamagedTreeIsNamed() {
    system.put("sys/firmware/fdt", "no blob");
    String message = assertThrows(MachineException.class, this::find).getMessage();
    assertTrue(String.valueOf(message).startsWith("the system's device tree"), message);
  }

  @Test
  void withoutATreeTheBusIsLookedThroughInTheOrderOfAddresses() {
    acpiDevices();
    LinuxSlots slots = find();
    assertEquals(List.of("virtio-mmio.0", "LNRO0005:01", "LNRO0005:00"), devices(slots));
    assertEquals(
        List.of(0L, 0xfeb00000L, 0xfeb00e00L), slots.slots().stream().map(Slot::address).toList());
    assertEquals(0x200, slots.slots().getLast().size());
    assertEquals(0, slots.slots().getFirst().size(), "not known");
  }

  private void acpiDevices() {
    for (String name : List.of("LNRO0005:00", "LNRO0005:01", "virtio-mmio.0", "pcspkr")) {
      system.device(name, 0);
    }
    system.put(
        "proc/iomem",
        """
        00001000-0009fbff : System RAM
        feb00000-feb001ff : LNRO0005:01
        feb00e00-feb00fff : LNRO0005:00
          feb00e00-feb00fff : virtio-mmio virtio-mmio
        """);
  }

  @Test
  void whereAddressesAreHiddenTheSizeIsNotTakenForOneByte() {
    system.device("LNRO0005:00", 0);
    system.put("proc/iomem", "00000000-00000000 : LNRO0005:00\n");
    assertEquals(List.of(new Slot("LNRO0005:00", 0, 0, OptionalInt.empty(), true)), find().slots());
  }

  @Test
  void aTreeWithoutASlotHidesNoneOfTheBus() {
    acpiDevices();
    system.blob();
    assertEquals(3, find().slots().size());
  }

  @Test
  void aSlotOfAnotherSystemIsRefused() {
    system.slot(0xa000000, 0);
    system.blob(0xa000000);
    var strange = new Slot("virtio_mmio@1", 1, 0x200, OptionalInt.empty(), true);
    assertThrows(MachineException.class, () -> find().device(strange));
    assertEquals(
        List.of(0xa000000L),
        find().slots().stream()
            .sorted(Comparator.comparing(Slot::name))
            .map(Slot::address)
            .toList());
  }
}
