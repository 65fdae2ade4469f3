package virtionet.net;

/**
 * What a device can be told to let pass, or to hold back, of all that comes (VirtIO 1.3
 * §5.1.6.5.1).
 */
public enum ReceiveMode {
  /** Every frame passes, whatever its address. */
  PROMISCUOUS(0, NetFeature.CTRL_RX),
  /** Every frame to a group passes. */
  ALL_MULTICAST(1, NetFeature.CTRL_RX),
  /** Every frame to a single station passes. */
  ALL_UNICAST(2, NetFeature.CTRL_RX_EXTRA),
  /** No frame to a group passes, but broadcasts do. */
  NO_MULTICAST(3, NetFeature.CTRL_RX_EXTRA),
  /** No frame to a single station passes. */
  NO_UNICAST(4, NetFeature.CTRL_RX_EXTRA),
  /** No broadcast passes. */
  NO_BROADCAST(5, NetFeature.CTRL_RX_EXTRA);

  private final int command;
  private final NetFeature needs;

  ReceiveMode(int command, NetFeature needs) {
    this.command = command;
    this.needs = needs;
  }

  int command() {
    return command;
  }

  NetFeature needs() {
    return needs;
  }
}
