package virtionet.driver;

import java.util.List;
import virtionet.machine.Slot;
import virtionet.virtio.MmioProbe;

/**
 * What the driver found on its machine.
 *
 * @param machine the machine's description
 * @param slots each place that was looked at, in the order of addresses
 */
public record ScanReport(String machine, List<Line> slots) {

  /** One slot and what stands in it. */
  public record Line(Slot slot, MmioProbe.Finding finding) {}

  public ScanReport {
    slots = List.copyOf(slots);
  }

  /** How many slots hold a network card. */
  public long networkCards() {
    return slots.stream()
        .filter(line -> line.finding() instanceof MmioProbe.Device device && device.isNetworkCard())
        .count();
  }
}
