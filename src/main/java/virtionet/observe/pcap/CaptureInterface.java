package virtionet.observe.pcap;

import java.util.Objects;
import java.util.Optional;
import virtionet.driver.DeviceHandle;
import virtionet.net.MacAddress;

/**
 * What a capture says of the place where its frames pass.
 *
 * @param name such as a device's
 * @param description for people; may be empty
 * @param mac the station's address there, if it has one
 * @see PcapTap
 */
public record CaptureInterface(String name, String description, Optional<MacAddress> mac) {
  private static final int LONGEST = 1000;

  /**
   * @throws IllegalArgumentException when name or description has more than 1000 characters
   */
  public CaptureInterface {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(mac, "mac");
    if (name.length() > LONGEST || description.length() > LONGEST) {
      throw new IllegalArgumentException(
          "name and description of %d and %d characters: each may have %d"
              .formatted(name.length(), description.length(), LONGEST));
    }
  }

  /** A place of which only the name is known. */
  public static CaptureInterface of(String name) {
    return new CaptureInterface(name, "", Optional.empty());
  }

  /** A device as it is now. */
  public static CaptureInterface of(DeviceHandle device) {
    return new CaptureInterface(
        device.info().name(),
        "virtio-net %s, MTU %d".formatted(device.info().slot().name(), device.events().mtu()),
        Optional.of(device.events().mac()));
  }
}
