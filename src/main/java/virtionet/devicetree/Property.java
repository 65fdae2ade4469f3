package virtionet.devicetree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A property: bytes under a name. What they mean is not in the blob, so each reader checks that
 * they can be what it is asked for, and throws {@link DeviceTreeException} when not. Immutable.
 */
public final class Property {
  /** Bytes in a cell, the unit of most numeric properties. */
  static final int CELL = 4;

  private final Node node;
  private final String name;
  private final byte[] blob;
  private final int start;
  private final int length;

  Property(Node node, String name, byte[] blob, int start, int length) {
    this.node = node;
    this.name = name;
    this.blob = blob;
    this.start = start;
    this.length = length;
  }

  public String name() {
    return name;
  }

  /** Bytes in the value; 0 where the presence alone is the meaning. */
  public int length() {
    return length;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  /** Bytes from the start of the blob to the value. */
  public long offset() {
    return start;
  }

  /** A copy of the value. */
  public byte[] bytes() {
    return Arrays.copyOfRange(blob, start, start + length);
  }

  /** The value as one 32-bit number. */
  public int u32() {
    if (length != CELL) {
      throw malformed("%d bytes are not one 32-bit number".formatted(length));
    }
    return cell(0);
  }

  /** The value as one 64-bit number. */
  public long u64() {
    if (length != 2 * CELL) {
      throw malformed("%d bytes are not one 64-bit number".formatted(length));
    }
    return number(0, 2);
  }

  /** The value as 32-bit numbers, the first first. */
  public List<Integer> cells() {
    return IntStream.range(0, cellCount()).mapToObj(this::cell).toList();
  }

  /** How many 32-bit numbers the value is. */
  public int cellCount() {
    if (length % CELL != 0) {
      throw malformed("%d bytes are not a whole number of cells".formatted(length));
    }
    return length / CELL;
  }

  /** The value as one string of printable ASCII (Devicetree Specification 0.4 §2.2.4.1). */
  public String string() {
    List<String> strings = strings();
    if (strings.size() != 1) {
      throw malformed("%d strings where one is expected".formatted(strings.size()));
    }
    return strings.getFirst();
  }

  /** The value as strings, each ended by a NUL byte; at least one. */
  public List<String> strings() {
    if (length == 0 || blob[start + length - 1] != 0) {
      throw malformed("a string without a NUL byte at its end");
    }
    List<String> strings = new ArrayList<>();
    int from = start;
    for (int at = start; at < start + length; at++) {
      int c = blob[at];
      if (c == 0) {
        strings.add(new String(blob, from, at - from, StandardCharsets.US_ASCII));
        from = at + 1;
      } else if (c < ' ' || c > '~') {
        throw malformed("a string with the byte 0x%02x in it".formatted(c & 0xff));
      }
    }
    return List.copyOf(strings);
  }

  /** The cell with this index, which the caller has checked. */
  int cell(int index) {
    return (int) FdtHeader.U32.get(blob, start + index * CELL);
  }

  /** The number made of {@code count} cells, 0 to 2, from {@code index} on. */
  long number(int index, int count) {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = (value << 32) | Integer.toUnsignedLong(cell(index + i));
    }
    return value;
  }

  DeviceTreeException malformed(String cause) {
    return new DeviceTreeException(
        start, "property '%s' of %s: %s".formatted(name, node.path(), cause));
  }

  @Override
  public String toString() {
    return "%s (%d bytes)".formatted(name, length);
  }
}
