package virtionet.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which features a driver may accept together (VirtIO 1.3 §2.2.1, §5.1.3.1, §6), written from the
 * specification alone.
 */
public final class FeatureRules {
  /** Bits that no driver of a network card may accept over virtio-mmio. */
  private static final List<Integer> NEVER =
      List.of(4, 25, 26, 30, 31, 37, 39, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 58);

  /** What only the legacy interface has. */
  private static final List<Integer> LEGACY_ONLY = List.of(6, 24, 27);

  /** Of each bit: groups of bits, of each of which one must be accepted as well. */
  private static final Map<Integer, int[][]> NEEDS = needs();

  private FeatureRules() {}

  private static Map<Integer, int[][]> needs() {
    Map<Integer, int[][]> needs = new TreeMap<>();
    for (int bit : new int[] {7, 8, 10, 54, 55}) {
      needs.put(bit, new int[][] {{1}});
    }
    needs.put(9, new int[][] {{7, 8}});
    for (int bit : new int[] {11, 12, 14, 56}) {
      needs.put(bit, new int[][] {{0}});
    }
    needs.put(13, new int[][] {{11, 12}});
    needs.put(61, new int[][] {{11, 12}});
    for (int bit : new int[] {18, 19, 21, 22, 23, 52, 53, 60}) {
      needs.put(bit, new int[][] {{17}});
    }
    needs.put(51, new int[][] {{17}, {57, 60}});
    return needs;
  }

  /** What is wrong with a set of accepted bits. */
  public static List<String> problems(long accepted, boolean legacy) {
    List<String> problems = new ArrayList<>();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if (!has(accepted, bit)) {
        continue;
      }
      if (NEVER.contains(bit) || (!legacy && LEGACY_ONLY.contains(bit))) {
        problems.add(
            "feature bit %d accepted, which is not for this device (§2.2.1)".formatted(bit));
      }
      for (int[] anyOf : NEEDS.getOrDefault(bit, new int[0][])) {
        boolean met = false;
        for (int need : anyOf) {
          met |= has(accepted, need);
        }
        if (!met) {
          problems.add("feature bit %d accepted without what it needs (§5.1.3.1)".formatted(bit));
        }
      }
    }
    return problems;
  }

  private static boolean has(long features, int bit) {
    return (features >>> bit & 1) != 0;
  }
}
