package virtionet.devicetree;

import java.util.List;

/**
 * What a search for devices found.
 *
 * @param devices in the order of their first window's address, those without a window last
 * @param malformed nodes that match, or whose {@code compatible} cannot be read, but which cannot
 *     be used; in the order of the tree
 */
public record DeviceSearch(List<DeviceNode> devices, List<Malformed> malformed) {

  /**
   * A node that cannot be used.
   *
   * @param reason names the byte of the blob and the cause
   */
  public record Malformed(Node node, String reason) {}
}
