package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads little-endian pcapng block by block, and claims that each is whole. */
public final class Pcapng {
  public static final int SECTION = 0x0a0d0d0a;
  public static final int INTERFACE = 1;
  public static final int STATISTICS = 5;
  public static final int PACKET = 6;

  /** A block's type and what is between its two lengths. */
  public record Block(int type, ByteBuffer body) {
    /** The values of that option. */
    public List<byte[]> options(int wanted) {
      List<byte[]> values = new ArrayList<>();
      ByteBuffer at = body.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      at.position(
          switch (type) {
            case SECTION -> 16;
            case INTERFACE -> 8;
            case STATISTICS -> 12;
            case PACKET -> 20 + padded(body.getInt(12));
            default -> throw new AssertionError("a block of type " + type);
          });
      while (at.hasRemaining()) {
        int code = at.getShort();
        byte[] value = new byte[Short.toUnsignedInt(at.getShort())];
        at.get(value);
        at.position(at.position() + padded(value.length) - value.length);
        if (code == 0) {
          assertEquals(0, at.remaining(), "the last option is the last");
        } else if (code == wanted) {
          values.add(value);
        }
      }
      return values;
    }

    public List<String> texts(int option) {
      return options(option).stream()
          .map(value -> new String(value, StandardCharsets.UTF_8))
          .toList();
    }

    /** The only value of that option, a number. */
    public long number(int option) {
      List<byte[]> values = options(option);
      assertEquals(1, values.size(), "values of option " + option);
      ByteBuffer value = ByteBuffer.wrap(values.getFirst()).order(ByteOrder.LITTLE_ENDIAN);
      return value.remaining() == Integer.BYTES ? value.getInt() : value.getLong();
    }

    /** Of a packet: what was kept of it. */
    public byte[] data() {
      byte[] data = new byte[body.getInt(12)];
      body.get(20, data);
      return data;
    }
  }

  private Pcapng() {}

  /** All blocks of a file. */
  public static List<Block> blocks(Path file) throws IOException {
    return blocks(Files.readAllBytes(file));
  }

  public static List<Block> blocks(byte[] file) {
    ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<Block> blocks = new ArrayList<>();
    while (all.hasRemaining()) {
      int start = all.position();
      int type = all.getInt();
      int length = all.getInt();
      assertTrue(length % 4 == 0 && length >= 12, "length " + length);
      assertTrue(start + length <= all.limit(), "the last block is whole");
      assertEquals(length, all.getInt(start + length - 4), "the length once more");
      blocks.add(new Block(type, all.slice(start + 8, length - 12).order(ByteOrder.LITTLE_ENDIAN)));
      all.position(start + length);
    }
    assertTrue(!blocks.isEmpty() && blocks.getFirst().type() == SECTION, "a section header");
    return blocks;
  }

  public static List<Block> ofType(List<Block> blocks, int type) {
    return blocks.stream().filter(block -> block.type() == type).toList();
  }

  /** The frames of a file, as much of them as was kept. */
  public static List<byte[]> frames(Path file) throws IOException {
    return ofType(blocks(file), PACKET).stream().map(Block::data).toList();
  }

  private static int padded(int length) {
    return (length + 3) & ~3;
  }
}
