package virtionet.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import virtionet.driver.DeviceInfo;
import virtionet.driver.ScanReport;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Link;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Finding;

/** What the driver knows, as tables for people. */
final class DeviceReports {
  private DeviceReports() {}

  /** The slots, a run of equal ones in one line. */
  static void slots(Screen screen, List<ScanReport.Line> slots) {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < slots.size(); ) {
      String what = finding(slots.get(i).finding());
      int run = 1;
      while (i + run < slots.size() && finding(slots.get(i + run).finding()).equals(what)) {
        run++;
      }
      Slot first = slots.get(i).slot();
      Slot last = slots.get(i + run - 1).slot();
      rows.add(
          run == 1
              ? List.of(place(first), line(first), what)
              : List.of(
                  "0x%08x … 0x%08x".formatted(first.address(), last.address()),
                  line(first) + " … " + line(last),
                  run + " slots, " + what));
      i += run;
    }
    screen.table(List.of("place", "line", "what stands there"), rows);
  }

  private static String place(Slot slot) {
    return slot.size() == 0 ? slot.name() : "0x%08x".formatted(slot.address());
  }

  private static String line(Slot slot) {
    return number(slot.interrupt());
  }

  /** A line's number, if there is one. */
  static String number(OptionalInt line) {
    return line.isPresent() ? Integer.toString(line.getAsInt()) : "none";
  }

  private static String finding(Finding finding) {
    return switch (finding) {
      case Finding.Empty empty -> "empty";
      case Finding.Closed closed -> closed.reason();
      case Finding.Unusable unusable -> "unusable: " + unusable.reason();
      case Finding.Device device when device.spoken() == Finding.Interface.VHOST_USER ->
          device.typeName() + ", " + device.spoken().words();
      case Finding.Device device ->
          "%s, %s, vendor 0x%08x"
              .formatted(device.typeName(), device.spoken().words(), device.vendor());
    };
  }

  /** The bits that were offered or wanted. */
  static void features(Screen screen, FeatureReport features) {
    List<List<String>> rows = new ArrayList<>();
    for (FeatureReport.Line line : features.lines()) {
      rows.add(
          List.of(
              Integer.toString(line.bit()),
              line.name(),
              mark(line.offered()),
              mark(line.wanted()),
              mark(line.accepted()),
              line.reason()));
    }
    screen.table(List.of("bit", "feature", "offered", "wanted", "accepted", "why not"), rows);
  }

  private static String mark(boolean yes) {
    return yes ? "yes" : "-";
  }

  static void device(Screen screen, DeviceInfo info, Link link) {
    screen.line("  MAC    %s", info.mac());
    screen.line("  link   %s", link.up() ? "up" : "down");
    screen.line("  MTU    %d", info.mtu());
    screen.line(
        "  speed  %s",
        link.speed().isPresent()
            ? "%d Mbit/s, %s duplex"
                .formatted(link.speed().getAsLong(), lower(link.duplex().name()))
            : "the device does not say");
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** The counters that are not zero. */
  static void counters(Screen screen, Map<Counter, Long> counters) {
    List<List<String>> rows = new ArrayList<>();
    counters.forEach(
        (counter, value) -> {
          if (value != 0) {
            rows.add(
                List.of(
                    "%,d".formatted(value),
                    (counter.isDrop() ? "dropped: " : "") + counter.label(),
                    counter.meaning()));
          }
        });
    screen.table(List.of("value", "counter", "meaning"), rows);
  }
}
