package virtionet.net;

import java.util.List;

/**
 * For which tunnels the hash is that of the inner header (VirtIO 1.3 §5.1.6.4.4).
 *
 * @param tunnelTypes bits of §5.1.6.4.4.2; 0 for none
 */
public record HashTunnel(long tunnelTypes) implements ControlCommand {

  public HashTunnel {
    if (tunnelTypes >>> Integer.SIZE != 0) {
      throw new IllegalArgumentException(
          "tunnel types 0x%x: there are 32 bits".formatted(tunnelTypes));
    }
  }

  @Override
  public int commandClass() {
    return 7;
  }

  @Override
  public int command() {
    return 0;
  }

  @Override
  public List<NetFeature> needs() {
    return List.of(NetFeature.HASH_TUNNEL);
  }

  @Override
  public List<byte[]> data() {
    return List.of(ControlCommand.encode(4, data -> data.putInt((int) tunnelTypes)));
  }

  @Override
  public void check(ControlLimits limits) {
    if ((tunnelTypes & ~limits.tunnelTypes()) != 0) {
      throw new IllegalArgumentException(
          "tunnel types 0x%x: the device supports 0x%x"
              .formatted(tunnelTypes, limits.tunnelTypes()));
    }
  }
}
