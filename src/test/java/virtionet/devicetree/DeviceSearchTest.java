package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceSearchTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");

  private static BlobBuilder device(BlobBuilder blob, String name, int... reg) {
    return blob.node(name).strings("compatible", "virtio,mmio").cells("reg", reg).end();
  }

  private static List<String> names(DeviceSearch search) {
    return search.devices().stream().map(DeviceNode::name).toList();
  }

  @Test
  void aDeviceComesWithAllADriverNeeds() {
    DeviceSearch found = DeviceTree.parse(BlobBuilder.rich()).devices(VIRTIO);
    assertEquals(List.of(), found.malformed());
    DeviceNode device = found.devices().getFirst();
    assertEquals("virtio_mmio@1000", device.name());
    assertEquals("/soc/virtio_mmio@1000", device.path());
    assertEquals(List.of(new AddressWindow(0x10001000, 0x200)), device.windows());
    assertEquals(OptionalInt.of(5), device.interrupts().getFirst().number());
    assertEquals(DmaCoherence.COHERENT, device.dmaCoherence());
  }

  @Test
  void devicesComeInUnsignedOrderOfAddressThoseWithoutOneLast() {
    BlobBuilder blob = BlobBuilder.root();
    blob.node("none").strings("compatible", "virtio,mmio").end();
    device(blob, "high", -1, 0, 0, 1);
    device(blob, "b", 0, 0x2000, 0, 1);
    device(blob, "a", 0, 0x1000, 0, 1);
    DeviceSearch found = blob.end().parse().devices(VIRTIO);
    assertEquals(List.of("a", "b", "high", "none"), names(found));
  }

  @Test
  void disabledDevicesAreLeftOut() {
    BlobBuilder blob = BlobBuilder.root().node("off").strings("compatible", "virtio,mmio");
    blob.strings("status", "disabled").end();
    DeviceSearch found = device(blob, "on", 0, 1, 0, 1).end().parse().devices(VIRTIO);
    assertEquals(List.of("on"), names(found));
    assertEquals(List.of(), found.malformed());
  }

  @Test
  void aMalformedDeviceIsReportedAndCostsNoOther() {
    BlobBuilder blob = BlobBuilder.root();
    device(blob, "short", 1, 2, 3);
    blob.node("lost").strings("compatible", "virtio,mmio").cells("interrupts", 1).end();
    blob.node("unread").property("compatible", (byte) 'v').end();
    blob.node("status").strings("compatible", "virtio,mmio").property("status").end();
    blob.node("other").strings("compatible", "other").cells("reg", 1).end();
    DeviceSearch found = device(blob, "good", 0, 1, 0, 1).end().parse().devices(VIRTIO);
    assertEquals(List.of("good"), names(found));
    assertEquals(
        List.of("/short", "/lost", "/unread", "/status"),
        found.malformed().stream().map(each -> each.node().path()).toList());
    assertTrue(
        found.malformed().getFirst().reason().contains("'reg' of /short: 3 cells"),
        found.malformed().toString());
  }
}
