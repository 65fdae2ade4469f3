package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {

  private static List<AddressWindow> reg(BlobBuilder blob, String path) {
    return blob.parse().at(path).orElseThrow().reg();
  }

  private static void assertRefused(String cause, BlobBuilder blob, String path) {
    Node node = blob.parse().at(path).orElseThrow();
    DeviceTreeException refusal = assertThrows(DeviceTreeException.class, node::reg);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(cause), message);
  }

  private static BlobBuilder onRoot(int addressCells, int sizeCells, int... reg) {
    return new BlobBuilder()
        .node("")
        .cells("#address-cells", addressCells)
        .cells("#size-cells", sizeCells)
        .node("d")
        .cells("reg", reg)
        .end()
        .end();
  }

  /** A bus with one-cell numbers below a root with two-cell numbers; the bus is left open. */
  private static BlobBuilder bus(int... ranges) {
    return BlobBuilder.root()
        .node("bus")
        .cells("#address-cells", 1)
        .cells("#size-cells", 1)
        .cells("ranges", ranges);
  }

  private static BlobBuilder onBus(int[] ranges, int... reg) {
    return bus(ranges).node("d").cells("reg", reg).end().end().end();
  }

  @Test
  void theCellsOfTheParentCount() {
    AddressWindow small = new AddressWindow(0x1000, 0x200);
    assertEquals(List.of(small), reg(onRoot(1, 1, 0x1000, 0x200), "/d"));
    assertEquals(List.of(small), reg(onRoot(2, 1, 0, 0x1000, 0x200), "/d"));
    assertEquals(List.of(small), reg(onRoot(1, 2, 0x1000, 0, 0x200), "/d"));
    assertEquals(List.of(new AddressWindow(5, 0)), reg(onRoot(1, 0, 5), "/d"));
    assertEquals(
        List.of(new AddressWindow(0x1_ffff_f000L, 0x2_0000_0000L), small),
        reg(onRoot(2, 2, 1, 0xffff_f000, 2, 0, 0, 0x1000, 0, 0x200), "/d"));
  }

  @Test
  void aBusThatDoesNotSayHasTwoAddressCellsAndOneSizeCell() {
    BlobBuilder blob = new BlobBuilder().node("").node("d").cells("reg", 1, 2, 3).end().end();
    assertEquals(List.of(new AddressWindow(0x1_0000_0002L, 3)), reg(blob, "/d"));
  }

  @Test
  void aNodeWithoutRegHasNoWindows() {
    assertEquals(List.of(), reg(BlobBuilder.root().node("d").end().end(), "/d"));
  }

  @Test
  void emptyRangesKeepTheAddress() {
    assertEquals(
        List.of(new AddressWindow(0x10001000, 0x200)),
        reg(onBus(new int[0], 0x10001000, 0x200), "/bus/d"));
  }

  @Test
  void theRangeThatHoldsTheWindowCarriesIt() {
    int[] ranges = {0, 0, 0x4000_0000, 0x1000, 0x8000, 1, 0, 0x1000};
    assertEquals(
        List.of(new AddressWindow(0x4000_0e00, 0x200), new AddressWindow(0x1_0000_0010L, 4)),
        reg(onBus(ranges, 0xe00, 0x200, 0x8010, 4), "/bus/d"));
  }

  @Test
  void eachBusOnTheWayTranslates() {
    BlobBuilder blob =
        bus(0, 1, 0, 0x1000_0000)
            .node("inner")
            .cells("#address-cells", 1)
            .cells("#size-cells", 1)
            .cells("ranges", 0x100, 0x20_0000, 0x1000)
            .node("d")
            .cells("reg", 0x180, 0x10)
            .end()
            .end()
            .end()
            .end();
    assertEquals(List.of(new AddressWindow(0x1_0020_0080L, 0x10)), reg(blob, "/bus/inner/d"));
  }

  @Test
  void withoutRangesThereIsNoPhysicalAddress() {
    BlobBuilder blob = BlobBuilder.root().node("bus").node("d").cells("reg", 0, 1, 1).end();
    assertRefused("/bus has no 'ranges'", blob.end().end(), "/bus/d");
  }

  @Test
  void aWindowOutsideOrAcrossTheRangesIsRefused() {
    int[] ranges = {0x100, 0, 0x4000_0000, 0x1000};
    assertRefused("in none of the 'ranges' of /bus", onBus(ranges, 0xff, 1), "/bus/d");
    assertRefused("in none of the 'ranges'", onBus(ranges, 0x1100, 1), "/bus/d");
    assertRefused("in none of the 'ranges'", onBus(ranges, 0x1000, 0x101), "/bus/d");
    assertRefused("in none of the 'ranges'", onBus(ranges, 0x1000, -1), "/bus/d");
    assertEquals(1, reg(onBus(ranges, 0x1000, 0x100), "/bus/d").size());
  }

  @Test
  void aWindowBeyondTheAddressSpaceIsRefused() {
    assertRefused("beyond the 64-bit", onRoot(2, 2, -1, -1, 0, 2), "/d");
    assertEquals(1, reg(onRoot(2, 2, -1, -1, 0, 1), "/d").size());
    assertRefused("beyond the 64-bit", onBus2(), "/bus/d");
  }

  private static BlobBuilder onBus2() {
    return onBus(new int[] {0, -1, -0x1000, 0x2000}, 0x100, 0x100);
  }

  @Test
  void aRegThatIsNoWholeEntriesIsRefused() {
    assertRefused("3 cells are not entries of 4", onRoot(2, 2, 1, 2, 3), "/d");
    assertRefused("0 cells are not entries of 4", onRoot(2, 2), "/d");
    assertRefused("neither address nor size cells", onRoot(0, 0, 1), "/d");
    assertRefused("5 cells are not entries of 4", onBus(new int[5], 1, 1), "/bus/d");
  }

  @Test
  void moreEntriesThanTheLimitAreRefused() {
    assertEquals(64, reg(onRoot(1, 0, new int[64]), "/d").size());
    assertRefused("65 entries, where 64", onRoot(1, 0, new int[65]), "/d");
    assertRefused("129 entries, where 128", onBus(new int[129 * 4], 0, 1), "/bus/d");
  }

  @Test
  void moreTranslationsThanTheLimitAreRefused() {
    assertEquals(1, reg(nested(8), "/bus" + "/b".repeat(7) + "/d").size());
    assertRefused("more than 8 buses", nested(9), "/bus" + "/b".repeat(8) + "/d");
  }

  private static BlobBuilder nested(int buses) {
    BlobBuilder blob = bus(0, 0, 0, 0x1000);
    for (int i = 1; i < buses; i++) {
      blob.node("b").cells("#address-cells", 1).cells("#size-cells", 1);
      blob.cells("ranges", 0, 0, 0x1000);
    }
    blob.node("d").cells("reg", 0, 1).end();
    for (int i = 0; i <= buses; i++) {
      blob.end();
    }
    return blob;
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 0x7fff_ffff, -1})
  void absurdCellCountsAreRefused(int count) {
    assertRefused("where 4 are the most", onRoot(count, 1, 1, 1), "/d");
    assertRefused("where 4 are the most", onRoot(1, count, 1, 1), "/d");
  }

  @Test
  void pciAddressesAreRefusedAsSuch() {
    assertRefused("as on a PCI bus", onRoot(3, 2, 1, 2, 3, 4, 5), "/d");
  }

  @Test
  void aCellCountThatIsNoNumberIsRefused() {
    BlobBuilder blob = new BlobBuilder().node("").property("#address-cells", (byte) 1);
    assertRefused(
        "'#address-cells' of /: 1 bytes are not", blob.node("d").cells("reg", 1).end().end(), "/d");
  }

  @Test
  void theRootHasNoReg() {
    assertRefused("stands on no bus", new BlobBuilder().node("").cells("reg", 1).end(), "/");
  }
}
