package virtionet.net;

import java.util.List;
import java.util.Objects;

/**
 * The addresses whose frames pass, besides the device's own and broadcasts (VirtIO 1.3 §5.1.6.5.2):
 * replaces the table that was there. Either list may be empty. A device may have room for fewer.
 */
public record MacTable(List<MacAddress> unicast, List<MacAddress> multicast)
    implements ControlCommand {
  static final int CLASS = 1;

  /** No address more than the device's own. */
  public static final MacTable EMPTY = new MacTable(List.of(), List.of());

  public MacTable {
    unicast = List.copyOf(Objects.requireNonNull(unicast, "unicast"));
    multicast = List.copyOf(Objects.requireNonNull(multicast, "multicast"));
    for (MacAddress mac : unicast) {
      if (!mac.isUsable()) {
        throw new IllegalArgumentException(
            mac + " among the single stations: it is a group, or all 0");
      }
    }
    for (MacAddress mac : multicast) {
      if (!mac.isMulticast()) {
        throw new IllegalArgumentException(mac + " among the groups: it is a single station");
      }
    }
  }

  @Override
  public int commandClass() {
    return CLASS;
  }

  @Override
  public int command() {
    return 0;
  }

  @Override
  public List<NetFeature> needs() {
    return List.of(NetFeature.CTRL_RX);
  }

  @Override
  public List<byte[]> data() {
    return List.of(encode(unicast), encode(multicast));
  }

  private static byte[] encode(List<MacAddress> addresses) {
    return ControlCommand.encode(
        4 + MacAddress.LENGTH * addresses.size(),
        data -> {
          data.putInt(addresses.size());
          addresses.forEach(mac -> data.put(mac.toBytes()));
        });
  }
}
