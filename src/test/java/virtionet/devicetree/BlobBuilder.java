package virtionet.devicetree;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes device tree blobs, sound ones and, token by token, unsound ones. */
public final class BlobBuilder {
  static final int STRUCT = 0x48;

  private final ByteArrayOutputStream struct = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private final Map<String, Integer> names = new LinkedHashMap<>();
  private final Map<Integer, Integer> patches = new LinkedHashMap<>();
  private int version = 17;

  BlobBuilder version(int version) {
    this.version = version;
    return this;
  }

  /** Opens a node. */
  public BlobBuilder node(String name) {
    return word(FdtParser.BEGIN_NODE).padded(text(name));
  }

  public BlobBuilder end() {
    return word(FdtParser.END_NODE);
  }

  public BlobBuilder property(String name, byte... value) {
    int offset =
        names.computeIfAbsent(
            name,
            _ -> {
              int at = strings.size();
              strings.writeBytes(text(name));
              return at;
            });
    return word(FdtParser.PROP).word(value.length).word(offset).padded(value);
  }

  public BlobBuilder cells(String name, int... cells) {
    ByteBuffer bytes = ByteBuffer.allocate(cells.length * 4);
    for (int cell : cells) {
      bytes.putInt(cell);
    }
    return property(name, bytes.array());
  }

  public BlobBuilder strings(String name, String... values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String value : values) {
      bytes.writeBytes(text(value));
    }
    return property(name, bytes.toByteArray());
  }

  /** Adds a raw word to the structure block. */
  BlobBuilder word(int word) {
    struct.writeBytes(ByteBuffer.allocate(4).putInt(word).array());
    return this;
  }

  /** Adds raw bytes to the structure block, filled up to whole words. */
  BlobBuilder padded(byte... bytes) {
    struct.writeBytes(Arrays.copyOf(bytes, (bytes.length + 3) & ~3));
    return this;
  }

  /** Overwrites a word of the finished blob. */
  BlobBuilder patch(int offset, int word) {
    patches.put(offset, word);
    return this;
  }

  /** Where the next word of the structure block goes. */
  int position() {
    return STRUCT + struct.size();
  }

  /** Ends the structure block and lays out the blob; one memory reservation is in it. */
  public byte[] build() {
    return word(FdtParser.END).layOut();
  }

  byte[] layOut() {
    int stringsAt = STRUCT + struct.size();
    ByteBuffer blob = ByteBuffer.allocate(stringsAt + strings.size());
    blob.putInt(FdtHeader.MAGIC).putInt(blob.capacity()).putInt(STRUCT).putInt(stringsAt);
    blob.putInt(0x28).putInt(version).putInt(16).putInt(3).putInt(strings.size());
    blob.putInt(version >= 17 ? struct.size() : 0);
    blob.putLong(0x1_8000_0000L).putLong(0x1000).putLong(0).putLong(0);
    blob.put(struct.toByteArray()).put(strings.toByteArray());
    patches.forEach(blob::putInt);
    return blob.array();
  }

  public DeviceTree parse() {
    return DeviceTree.parse(build());
  }

  /** A root with two address and two size cells, left open. */
  public static BlobBuilder root() {
    return new BlobBuilder().node("").cells("#address-cells", 2).cells("#size-cells", 2);
  }

  /** A tree with about everything that is read here. */
  static byte[] rich() {
    return root()
        .cells("interrupt-parent", 1)
        .strings("model", "rich")
        .node("plic@c000000")
        .cells("phandle", 1)
        .cells("#interrupt-cells", 1)
        .strings("compatible", "sifive,plic-1.0.0", "riscv,plic0")
        .cells("reg", 0, 0xc000000, 0, 0x600000)
        .property("interrupt-controller")
        .end()
        .node("gic@8000000")
        .cells("phandle", 2)
        .cells("#interrupt-cells", 3)
        .strings("compatible", "arm,gic-v3")
        .property("interrupt-controller")
        .end()
        .node("soc")
        .cells("#address-cells", 1)
        .cells("#size-cells", 1)
        .cells("ranges", 0, 0, 0x10000000, 0x10000)
        .property("dma-coherent")
        .node("virtio_mmio@1000")
        .strings("compatible", "virtio,mmio")
        .cells("reg", 0x1000, 0x200)
        .cells("interrupts", 5)
        .strings("status", "okay")
        .end()
        .node("virtio_mmio@2000")
        .strings("compatible", "virtio,mmio")
        .cells("reg", 0x2000, 0x200)
        .cells("interrupts-extended", 2, 0, 16, 1)
        .property("mac", (byte) 1, (byte) 2, (byte) 3)
        .end()
        .end()
        .end()
        .build();
  }

  private static byte[] text(String text) {
    return (text + "\0").getBytes(StandardCharsets.ISO_8859_1);
  }
}
