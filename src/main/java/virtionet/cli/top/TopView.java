package virtionet.cli.top;

import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import virtionet.cli.top.DriverState.DeviceState;
import virtionet.net.Counter;
import virtionet.net.Gauge;

/** Two states of a driver, one after the other, in lines for people. */
public final class TopView {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final String RECEIVE = "receive";
  private static final String TRANSMIT = "transmit";

  private final LocalTime time;
  private final DriverState before;
  private final DriverState now;
  private final double seconds;

  public TopView(LocalTime time, DriverState before, DriverState now) {
    this.time = time;
    this.before = before;
    this.now = now;
    seconds = (now.nanos() - before.nanos()) / 1e9;
  }

  private Rates rates(DeviceState device) {
    return new Rates(
        before.device(device.name()).map(DeviceState::values).orElse(device.values()),
        device.values(),
        seconds);
  }

  private String allocation() {
    double bytes =
        new Rates(before.process(), now.process(), seconds).of(Gauge.JVM_ALLOCATED_BYTES);
    return "%,.1f MB/s".formatted(bytes / 1e6);
  }

  /** A line for each device, for a file or a pipe. */
  public List<String> plain() {
    if (now.devices().isEmpty()) {
      return List.of(TIME.format(time) + " no network device");
    }
    return now.devices().stream().map(this::plain).toList();
  }

  private String plain(DeviceState device) {
    Rates rates = rates(device);
    return "%s %s %s, rx %s, tx %s, drops %,.0f/s, rings rx %s tx %s, hand-off rx %s tx %s, interrupts %,.0f/s, allocated %s%s"
        .formatted(
            TIME.format(time),
            device.name(),
            state(device),
            traffic(rates, Counter.RECEIVED_FRAMES, Counter.RECEIVED_BYTES),
            traffic(rates, Counter.TRANSMITTED_FRAMES, Counter.TRANSMITTED_BYTES),
            rates.of(TopView::drops),
            ring(device, RECEIVE),
            ring(device, TRANSMIT),
            handOff(device, RECEIVE),
            handOff(device, TRANSMIT),
            rates.of(Counter.INTERRUPTS),
            allocation(),
            device.detail().isEmpty() ? "" : ", " + device.detail());
  }

  private static String traffic(Rates rates, Counter frames, Counter bytes) {
    return "%,.0f/s %,.1f Mbit/s".formatted(rates.of(frames), rates.of(bytes) * 8 / 1e6);
  }

  private static String state(DeviceState device) {
    return device.state().toLowerCase(Locale.ROOT);
  }

  private static String ring(DeviceState device, String direction) {
    return "%d/%d"
        .formatted(
            device.values().sum(Gauge.RING_BUFFERS, direction + "q"),
            device.values().sum(Gauge.RING_SIZE, direction + "q"));
  }

  private static String handOff(DeviceState device, String direction) {
    return "%d/%d"
        .formatted(
            device.values().of(Gauge.HANDOFF_FRAMES, direction),
            device.values().of(Gauge.HANDOFF_CAPACITY, direction));
  }

  private static Stream<Counter> dropCounters() {
    return Stream.of(Counter.values()).filter(Counter::isDrop);
  }

  private static long drops(DriverState.Values values) {
    return dropCounters().mapToLong(values::of).sum();
  }

  /**
   * A page for a terminal.
   *
   * @param place where the driver was asked
   */
  public List<String> page(String place) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "virtionet at %s   %s   JVM allocates %s"
            .formatted(place, TIME.format(time), allocation()));
    if (now.devices().isEmpty()) {
      lines.add("");
      lines.add("no network device");
    }
    now.devices().forEach(device -> add(lines, device));
    return lines;
  }

  private void add(List<String> lines, DeviceState device) {
    Rates rates = rates(device);
    DriverState.Values values = device.values();
    lines.add("");
    lines.add(
        "%s %s%s"
            .formatted(
                device.name(),
                state(device),
                device.detail().isEmpty() ? "" : ": " + device.detail()));
    if (!device.link().isEmpty()) {
      lines.add("  %s, %s".formatted(device.link(), counted(values.of(Gauge.CLIENTS), "client")));
    }
    lines.add("");
    lines.add(row("", "frames/s", "Mbit/s", "ring", "hand-off", "doorbells/s", "saved/s"));
    lines.add(
        direction(
            device,
            rates,
            RECEIVE,
            List.of(
                Counter.RECEIVED_FRAMES,
                Counter.RECEIVED_BYTES,
                Counter.RECEIVE_KICKS,
                Counter.RECEIVE_KICKS_SAVED)));
    lines.add(
        direction(
            device,
            rates,
            TRANSMIT,
            List.of(
                Counter.TRANSMITTED_FRAMES,
                Counter.TRANSMITTED_BYTES,
                Counter.TRANSMIT_KICKS,
                Counter.TRANSMIT_KICKS_SAVED)));
    lines.add("");
    lines.add(
        "  interrupts %,.0f/s, spurious %,.0f/s; faults %,d, recoveries %,d, link changes %,d"
            .formatted(
                rates.of(Counter.INTERRUPTS),
                rates.of(Counter.SPURIOUS_INTERRUPTS),
                values.of(Counter.FAULTS),
                values.of(Counter.RECOVERIES),
                values.of(Counter.LINK_CHANGES)));
    List<String> drops =
        dropCounters()
            .filter(counter -> values.of(counter) > 0)
            .map(
                counter ->
                    "  dropped %,.0f/s, %,d in all: %s"
                        .formatted(rates.of(counter), values.of(counter), counter.label()))
            .toList();
    lines.addAll(drops.isEmpty() ? List.of("  nothing was dropped") : drops);
  }

  private static String direction(
      DeviceState device, Rates rates, String name, List<Counter> counters) {
    return row(
        name,
        "%,.0f".formatted(rates.of(counters.get(0))),
        "%,.1f".formatted(rates.of(counters.get(1)) * 8 / 1e6),
        ring(device, name),
        handOff(device, name),
        "%,.0f".formatted(rates.of(counters.get(2))),
        "%,.0f".formatted(rates.of(counters.get(3))));
  }

  private static String row(Object... cells) {
    return "  %-8s %11s %9s %11s %10s %12s %9s".formatted(cells);
  }

  private static String counted(long number, String what) {
    return "%,d %s%s".formatted(number, what, number == 1 ? "" : "s");
  }
}
