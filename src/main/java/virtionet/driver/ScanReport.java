package virtionet.driver;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import virtionet.machine.Slot;
import virtionet.virtio.Finding;

/**
 * What the driver found on its machine.
 *
 * @param machine the machine's description
 * @param slots each place that was looked at, in the order of addresses
 */
public record ScanReport(String machine, List<Line> slots) {

  /** One slot and what stands in it. */
  public record Line(Slot slot, Finding finding) {
    public Line {
      Objects.requireNonNull(slot, "slot");
      Objects.requireNonNull(finding, "finding");
    }
  }

  public ScanReport {
    Objects.requireNonNull(machine, "machine");
    slots = List.copyOf(slots);
  }

  /** How many slots hold a network card. */
  public long networkCards() {
    return slots.stream()
        .filter(line -> line.finding() instanceof Finding.Device device && device.isNetworkCard())
        .count();
  }

  /**
   * Says, to whoever looks for a network device that works, that there is none, and what there is.
   */
  public String whyNoDevice() {
    var text =
        new StringBuilder(
            "%s has no network device that works: %d slots were scanned, %d hold a network card"
                .formatted(machine, slots.size(), networkCards()));
    Set<String> closed = new LinkedHashSet<>();
    for (Line line : slots) {
      switch (line.finding()) {
        case Finding.Unusable unusable ->
            text.append("; %s: %s".formatted(line.slot(), unusable.reason()));
        case Finding.Device device when !device.isNetworkCard() ->
            text.append("; %s: %s".formatted(line.slot(), device.typeName()));
        case Finding.Closed other -> closed.add(other.reason());
        case Finding.Device device -> {}
        case Finding.Empty empty -> {}
      }
    }
    closed.forEach(reason -> text.append("; some slots are not open: ").append(reason));
    return text.toString();
  }
}
