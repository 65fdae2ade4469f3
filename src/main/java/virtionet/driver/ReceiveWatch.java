package virtionet.driver;

import java.time.Duration;
import java.util.Optional;
import virtionet.driver.DeviceEvent.NothingReceived;

/** Sees whether a device that sends has received nothing for long. One owner. */
final class ReceiveWatch {
  private final Duration patience;
  private boolean begun;
  private boolean told;
  private long received;
  private long transmitted;
  private long sinceNanos;

  /**
   * @param patience how long that may be before it is told of
   */
  ReceiveWatch(Duration patience) {
    this.patience = patience;
  }

  /**
   * Looks.
   *
   * @param nowNanos of a clock that only goes forward
   * @param nowReceived frames that it gave us until now, good or bad
   * @param nowTransmitted frames that it sent until now
   * @return what is to be told: once, until something is received
   */
  Optional<NothingReceived> look(long nowNanos, long nowReceived, long nowTransmitted) {
    if (!begun || nowReceived != received) {
      begun = true;
      told = false;
      received = nowReceived;
      transmitted = nowTransmitted;
      sinceNanos = nowNanos;
      return Optional.empty();
    }
    Duration since = Duration.ofNanos(nowNanos - sinceNanos);
    if (told || nowTransmitted == transmitted || since.compareTo(patience) < 0) {
      return Optional.empty();
    }
    told = true;
    return Optional.of(new NothingReceived(nowTransmitted - transmitted, since));
  }
}
