package virtionet.virtio;

/** What a look into a slot of a machine found. */
public sealed interface Finding {
  /** Device id of a network card (VirtIO 1.3 §5). */
  int NETWORK_CARD = 1;

  /** How a device is spoken to. */
  enum Interface {
    /** Registers of virtio-mmio as before VirtIO 1.0 (§4.2.4). */
    LEGACY_MMIO("legacy (version 1)"),
    /** Registers of virtio-mmio (§4.2.2). */
    MMIO("version 2"),
    /** Messages to a vhost-user back-end. */
    VHOST_USER("vhost-user");

    private final String words;

    Interface(String words) {
      this.words = words;
    }

    /** For people. */
    public String words() {
      return words;
    }
  }

  /** No device: the normal state of a slot. */
  record Empty() implements Finding {}

  /** A slot that the machine does not open: somebody else has it. */
  record Closed(String reason) implements Finding {}

  /** Not a virtio device that this driver can speak to. */
  record Unusable(String reason) implements Finding {}

  /**
   * A virtio device.
   *
   * @param spoken how it is spoken to
   * @param type its device id, more than 0
   * @param vendor its vendor id; 0 where there is none
   */
  record Device(Interface spoken, int type, int vendor) implements Finding {
    public boolean isNetworkCard() {
      return type == NETWORK_CARD;
    }

    /** The type in the specification's words. */
    public String typeName() {
      return DeviceTypes.name(type);
    }
  }
}
