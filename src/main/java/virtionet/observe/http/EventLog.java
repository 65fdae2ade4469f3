package virtionet.observe.http;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvents;

/** The latest that happened to a device. Any thread. */
final class EventLog implements DeviceEvents.Listener {
  private static final int MOST = 50;

  private final Deque<Entry> entries = new ArrayDeque<>();

  /** Something that happened, in words. */
  record Entry(Instant time, String text) {}

  @Override
  public void happened(DeviceEvent event) {
    add(words(event));
  }

  @Override
  public void ended() {
    add("the end");
  }

  private synchronized void add(String text) {
    if (entries.size() == MOST) {
      entries.removeLast();
    }
    entries.addFirst(new Entry(Instant.now(), text));
  }

  /** The newest first. */
  synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  private static String words(DeviceEvent event) {
    return switch (event) {
      case DeviceEvent.LinkChanged change -> "link " + change.link();
      case DeviceEvent.MtuChanged change -> "MTU " + change.mtu();
      case DeviceEvent.MacChanged change -> "MAC " + change.mac();
      case DeviceEvent.AnnouncementAsked _ -> "asks that its station be announced";
      case DeviceEvent.Recovering recovering -> "is reset: " + recovering.fault().reason();
      case DeviceEvent.Recovered recovered ->
          "is up again after %d ms and %d start(s), %d frame(s) aborted"
              .formatted(
                  recovered.took().toMillis(), recovered.restarts(), recovered.abortedFrames());
      case DeviceEvent.InterruptStorm storm ->
          "raised its line %d times without a cause".formatted(storm.interrupts());
      case DeviceEvent.NothingReceived nothing ->
          "has received nothing for %d s while %d frame(s) were sent"
              .formatted(nothing.since().toSeconds(), nothing.transmitted());
      case DeviceEvent.GivenUp givenUp -> "is given up: " + givenUp.fault().reason();
    };
  }
}
