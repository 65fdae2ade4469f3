package virtionet.net;

import java.util.Objects;

/**
 * What of the configuration may change while a device runs (VirtIO 1.3 §5.1.4), as read at one
 * moment.
 *
 * @param announce whether the device asks that the station be announced to the network
 */
public record LinkState(Link link, boolean announce) {
  public LinkState {
    Objects.requireNonNull(link, "link");
  }
}
