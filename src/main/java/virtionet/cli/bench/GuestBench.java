package virtionet.cli.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import virtionet.net.MacAddress;

/**
 * Listens to what a guest says of its measurements, line by line, and does the host's part of them
 * when it asks for it: {@code round N}, {@code trips WHO WARMUP MS…}, {@code wire WHO}, {@code work
 * WHO FRAMES INTERRUPTS}, {@code error WHAT}, {@code done}. Other lines are passed on to people.
 */
public final class GuestBench {
  static final List<Integer> SIZES = List.of(64, 1500);

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final FarEnd end;
  private final MacAddress mac;
  private final int window;
  private final Duration warmup;
  private final Duration measured;
  private final Consumer<String> people;
  private final Report report = new Report();
  private final List<String> errors = new ArrayList<>();
  private boolean done;

  /**
   * @param mac of the guest's device on the wire
   * @param window frames on the way at once
   * @param warmup how long frames go round before each measurement
   * @param measured how long it lasts
   * @param people who watch
   */
  public GuestBench(
      FarEnd end,
      MacAddress mac,
      int window,
      Duration warmup,
      Duration measured,
      Consumer<String> people) {
    this.end = end;
    this.mac = mac;
    this.window = window;
    this.warmup = warmup;
    this.measured = measured;
    this.people = people;
  }

  /** Listens until the guest ends. */
  public void run(BufferedReader guest) throws IOException {
    for (String line; (line = guest.readLine()) != null; ) {
      try {
        handle(line, line.strip().split("\\s+"));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        error("the guest said what cannot be understood: " + line);
      }
    }
    if (!done) {
      error("the guest ended before its measurements did");
    }
    if (report.hasChangedFrames()) {
      error("frames came back changed");
    }
  }

  private void handle(String line, String[] words) throws IOException {
    switch (words[0]) {
      case "round" -> people.accept("Round " + words[1]);
      case "trips" -> roundTrips(words);
      case "wire" -> frames(words[1]);
      case "work" -> report.work(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]));
      case "error" -> error(line.substring("error".length()).strip() + " failed in the guest");
      case "done" -> done = true;
      default -> people.accept(line);
    }
  }

  private void error(String what) {
    errors.add(what);
    people.accept("error: " + what);
  }

  private void roundTrips(String[] words) {
    List<Double> millis = Arrays.stream(words).skip(3).map(Double::valueOf).toList();
    report.roundTrips(words[1], Integer.parseInt(words[2]), millis);
    people.accept("  %-14s %d round trips".formatted(words[1], millis.size()));
  }

  private void frames(String who) throws IOException {
    end.qemuRuns();
    for (int size : SIZES) {
      var trial = new WindowTrial(end, size, mac.toBytes(), window);
      if (!trial.probe(PATIENCE)) {
        error("%s reflects no frames of %d bytes".formatted(who, size));
        return;
      }
      WindowTrial.Result result = trial.run(warmup, measured);
      report.frames(who, size, result);
      people.accept(
          String.format(
              Locale.ROOT,
              "  %-14s %4d bytes: %,.0f frames/s, %d lost, %d changed",
              who,
              size,
              result.perSecond(),
              result.lost(),
              result.changed()));
    }
  }

  /** What was measured. */
  public Report report() {
    return report;
  }

  /** What went wrong; empty when all is well. */
  public List<String> errors() {
    return List.copyOf(errors);
  }
}
