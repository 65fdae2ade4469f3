package virtionet.devicetree;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A node of the tree. Immutable once its tree is parsed; equal only to itself. */
public final class Node {
  private final String name;
  private final int offset;
  private final Optional<Node> parent;
  private final int pathLength;
  private final Map<String, Property> properties = new LinkedHashMap<>();
  private final Map<String, Node> children = new LinkedHashMap<>();

  Node(String name, int offset, Optional<Node> parent) {
    this.name = name;
    this.offset = offset;
    this.parent = parent;
    pathLength = parent.map(node -> node.pathLength + 1 + name.length()).orElse(0);
  }

  /** Bytes in the path; 0 for the root. */
  int pathLength() {
    return pathLength;
  }

  /** Returns whether there was no child of that name yet. */
  boolean add(Node child) {
    return children.putIfAbsent(child.name, child) == null;
  }

  /** Returns whether there was no property of that name yet. */
  boolean add(Property property) {
    return properties.putIfAbsent(property.name(), property) == null;
  }

  /** The name with its unit address, such as {@code serial@10000000}; empty for the root. */
  public String name() {
    return name;
  }

  /** The name without its unit address. */
  public String baseName() {
    int at = name.indexOf('@');
    return at < 0 ? name : name.substring(0, at);
  }

  /** What follows the {@code @} of the name. */
  public Optional<String> unitAddress() {
    int at = name.indexOf('@');
    return at < 0 ? Optional.empty() : Optional.of(name.substring(at + 1));
  }

  /** Where the node stands, such as {@code /soc/serial@10000000}; {@code /} for the root. */
  public String path() {
    if (parent.isEmpty()) {
      return "/";
    }
    StringBuilder path = new StringBuilder();
    Optional<Node> at = Optional.of(this);
    while (at.isPresent() && at.get().parent.isPresent()) {
      path.insert(0, at.get().name).insert(0, '/');
      at = at.get().parent;
    }
    return path.toString();
  }

  /** Bytes from the start of the blob to the node. */
  public long offset() {
    return offset;
  }

  /** Empty for the root. */
  public Optional<Node> parent() {
    return parent;
  }

  /** The children in the order of the blob. */
  public Collection<Node> children() {
    return Collections.unmodifiableCollection(children.values());
  }

  /** The child of this full name. */
  public Optional<Node> child(String name) {
    return Optional.ofNullable(children.get(name));
  }

  /** The properties in the order of the blob. */
  public Collection<Property> properties() {
    return Collections.unmodifiableCollection(properties.values());
  }

  public Optional<Property> property(String name) {
    return Optional.ofNullable(properties.get(name));
  }

  public boolean has(String property) {
    return properties.containsKey(property);
  }

  /**
   * What the node says it is, most specific first; empty where it does not say (§2.3.1).
   *
   * @throws DeviceTreeException when the property is not a list of strings
   */
  public List<String> compatible() {
    return property("compatible").map(Property::strings).orElse(List.of());
  }

  /**
   * Whether one of its {@code compatible} strings is among these.
   *
   * @throws DeviceTreeException when the property is not a list of strings
   */
  public boolean isCompatible(Set<String> wanted) {
    return compatible().stream().anyMatch(wanted::contains);
  }

  /**
   * Whether neither this node nor one above it is switched off: {@code status} is absent, {@code
   * okay} or its old spelling {@code ok} (§2.3.4).
   *
   * @throws DeviceTreeException when a status is not one string
   */
  public boolean isEnabled() {
    for (Optional<Node> at = Optional.of(this); at.isPresent(); at = at.get().parent) {
      Optional<String> status = at.get().property("status").map(Property::string);
      if (status.isPresent() && !status.get().equals("okay") && !status.get().equals("ok")) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether the device sees the processor's caches, from the nearest node on the way up that says
   * so, as Linux reads it.
   */
  public DmaCoherence dmaCoherence() {
    for (Optional<Node> at = Optional.of(this); at.isPresent(); at = at.get().parent) {
      if (at.get().has("dma-coherent")) {
        return DmaCoherence.COHERENT;
      }
      if (at.get().has("dma-noncoherent")) {
        return DmaCoherence.NON_COHERENT;
      }
    }
    return DmaCoherence.UNSPECIFIED;
  }

  /**
   * The {@code reg} windows as physical addresses of the processor; see {@link AddressWindow}.
   *
   * @return empty where there is no {@code reg}
   * @throws DeviceTreeException when it is malformed, or one of its windows has no physical address
   */
  public List<AddressWindow> reg() {
    return Addresses.reg(this);
  }

  DeviceTreeException malformed(String cause) {
    return new DeviceTreeException(offset, "node %s: %s".formatted(path(), cause));
  }

  @Override
  public String toString() {
    return path();
  }
}
