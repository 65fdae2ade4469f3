package virtionet.driver.trace;

import java.util.Optional;
import java.util.OptionalInt;

/** The connecting of one client, from its wish to the answer, told to who watches. One thread. */
public final class ConnectTrace {
  /** Of a client that has not begun. */
  public static final ConnectTrace NONE = new ConnectTrace(Work.NONE);

  private static final String OUTCOME = "virtionet.outcome";

  private final Work work;

  private ConnectTrace(Work work) {
    this.work = work;
  }

  /**
   * A client is about to tell its wish.
   *
   * @param parent what it is a part of
   * @param device that it asks for; empty: the first
   * @param pair that it asks for; empty: all
   */
  public static ConnectTrace begin(
      Work parent, String client, Optional<String> device, OptionalInt pair) {
    Work work = parent.begin("connect").with("virtionet.client", client);
    device.ifPresent(name -> work.with("virtionet.wanted.device", name));
    pair.ifPresent(number -> work.with("virtionet.wanted.pair", number));
    return new ConnectTrace(work);
  }

  /** What its wish is to carry. */
  public Work work() {
    return work;
  }

  /**
   * The driver has let it in.
   *
   * @param pairs that the device has
   */
  public void connected(String device, int pairs) {
    work.with("virtionet.device", device).with("virtionet.pairs", pairs);
    work.with(OUTCOME, "connected").end();
  }

  /** It has not. */
  public void refused(String reason) {
    work.with(OUTCOME, "refused").fail(reason);
    work.end();
  }

  /** The client has ended; does nothing when it had its answer before. */
  public void ended() {
    work.with(OUTCOME, "ended before the answer").end();
  }
}
