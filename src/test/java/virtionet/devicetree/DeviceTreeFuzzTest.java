package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged blobs: each is parsed or refused, and nothing else happens. */
class DeviceTreeFuzzTest {
  private static final int ROUNDS = 6_000;
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final long FIXED_SEED = 20261123;

  /** Words that matter to a parser. */
  private static final int[] WORDS = {
    0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 255, 0x7fff_ffff, 0x8000_0000, -1, -4, -8, FdtHeader.MAGIC
  };

  private int parsed;
  private int refused;

  @Test
  void aDamagedBlobIsParsedOrRefused() {
    fuzz(BlobBuilder.rich());
  }

  @Test
  @Tag("qemu")
  void aDamagedBlobOfRiscv64IsParsedOrRefused(@TempDir Path folder)
      throws IOException, InterruptedException {
    fuzz(Files.readAllBytes(Tools.qemuBlob(folder, "riscv64", "virt")));
  }

  @Test
  @Tag("qemu")
  void aDamagedBlobOfAarch64IsParsedOrRefused(@TempDir Path folder)
      throws IOException, InterruptedException {
    fuzz(Files.readAllBytes(Tools.qemuBlob(folder, "aarch64", "virt")));
  }

  private void fuzz(byte[] blob) {
    byte[] sound = Tools.trimmed(blob);
    for (long seed : List.of(FIXED_SEED, System.nanoTime())) {
      Random random = new Random(seed);
      for (int round = 0; round < ROUNDS; round++) {
        byte[] damaged = damage(sound, random);
        try {
          use(damaged, round % 8 == 0);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
          fail("seed %d, round %d".formatted(seed, round), e);
        }
      }
    }
    assertTrue(parsed > ROUNDS / 20, "too few to tell: parsed " + parsed);
    assertTrue(refused > ROUNDS / 20, "too few to tell: refused " + refused);
  }

  private static byte[] damage(byte[] sound, Random random) {
    if (random.nextInt(8) == 0) {
      return Arrays.copyOf(sound, random.nextInt(sound.length));
    }
    byte[] damaged = sound.clone();
    // Half of the damage goes where it must be survived: into the structure block.
    int start = random.nextBoolean() ? 0 : ByteBuffer.wrap(sound).getInt(FdtHeader.STRUCT_OFFSET);
    for (int count = 1 + random.nextInt(4); count > 0; count--) {
      int at = start + random.nextInt(sound.length - start);
      switch (random.nextInt(4)) {
        case 0 -> damaged[at] = (byte) random.nextInt();
        case 1 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        case 2 ->
            ByteBuffer.wrap(damaged)
                .putInt(Math.min(at, sound.length - 4) & ~3, WORDS[random.nextInt(WORDS.length)]);
        default -> ByteBuffer.wrap(damaged).putInt(random.nextInt(10) * 4, at);
      }
    }
    return damaged;
  }

  private void use(byte[] blob, boolean everyProperty) {
    DeviceTree tree;
    try {
      tree = DeviceTree.parse(blob);
    } catch (DeviceTreeException e) {
      refused++;
      return;
    }
    parsed++;
    Set<String> compatible = new HashSet<>(Set.of("virtio,mmio"));
    for (Node node : tree.nodes()) {
      assertTrue(tree.at(node.path()).orElseThrow() == node);
      if (everyProperty) {
        node.properties().forEach(DeviceTreeFuzzTest::readAll);
      }
      orRefused(() -> compatible.addAll(node.compatible()));
      orRefused(node::reg);
      orRefused(() -> tree.interrupts(node));
      orRefused(node::isEnabled);
    }
    tree.devices(compatible);
  }

  private static void readAll(Property property) {
    assertTrue(property.bytes().length == property.length());
    orRefused(property::u32);
    orRefused(property::u64);
    orRefused(property::cells);
    orRefused(property::string);
    orRefused(property::strings);
  }

  private static void orRefused(Supplier<?> reader) {
    try {
      assertNotNull(reader.get());
    } catch (DeviceTreeException e) {
      assertTrue(e.offset() >= 0);
    }
  }

  /** Buses that translate, and the root. */
  private static final int DEPTH = 9;

  /** The costliest trees that the limits let through. */
  @Test
  void theWorstTreesTakeBoundedTime() {
    BlobBuilder deep = new BlobBuilder().node("");
    for (int i = 1; i < DEPTH; i++) {
      deep.node("a").cells("#address-cells", 1).cells("#size-cells", 1);
      deep.cells("ranges", worstRanges(i == 1));
    }
    for (int i = 0; i < 5000; i++) {
      deep.node("d" + i).strings("compatible", "d").cells("reg", worstReg()).end();
    }
    for (int i = 0; i < DEPTH; i++) {
      deep.end();
    }
    DeviceTree tree = deep.parse();
    DeviceSearch found = assertTimeoutPreemptively(LIMIT, () -> tree.devices(Set.of("d")));
    assertTrue(found.devices().size() == 5000, found.malformed().toString());
  }

  /** Only the last of the entries holds anything. */
  private static int[] worstRanges(boolean belowRoot) {
    int width = belowRoot ? 4 : 3;
    int[] ranges = new int[128 * width];
    ranges[ranges.length - 1] = 0x1000;
    return ranges;
  }

  private static int[] worstReg() {
    int[] reg = new int[64 * 2];
    for (int i = 1; i < reg.length; i += 2) {
      reg[i] = 4;
    }
    return reg;
  }
}
