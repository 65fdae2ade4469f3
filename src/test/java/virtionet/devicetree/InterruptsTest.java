package virtionet.devicetree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.devicetree.InterruptSpecifier.Gic;
import virtionet.devicetree.InterruptSpecifier.GicType;
import virtionet.devicetree.InterruptSpecifier.Line;
import virtionet.devicetree.InterruptSpecifier.Opaque;

class InterruptsTest {
  private static final int PLIC = 1;
  private static final int GIC = 2;
  private static final int APLIC = 3;
  private static final int OPEN_PIC = 4;
  private static final int STRANGE = 5;

  /** A root with a controller of each kind, left open. */
  private static BlobBuilder controllers() {
    BlobBuilder blob = BlobBuilder.root().cells("interrupt-parent", PLIC);
    controller(blob, "plic", PLIC, 1, "riscv,plic0");
    controller(blob, "gic", GIC, 3, "arm,cortex-a15-gic");
    controller(blob, "aplic", APLIC, 2, "riscv,aplic");
    controller(blob, "open-pic", OPEN_PIC, 2, "fsl,mpic", "chrp,open-pic");
    controller(blob, "strange", STRANGE, 4, "acme,strange");
    return blob;
  }

  private static void controller(
      BlobBuilder blob, String name, int phandle, int cells, String... compatible) {
    blob.node(name).property("interrupt-controller").cells("#interrupt-cells", cells);
    blob.cells("phandle", phandle).strings("compatible", compatible).end();
  }

  private static List<InterruptSpecifier> of(BlobBuilder blob, String path) {
    DeviceTree tree = blob.parse();
    return tree.interrupts(tree.at(path).orElseThrow());
  }

  private static List<InterruptSpecifier> extended(int... cells) {
    return of(controllers().node("d").cells("interrupts-extended", cells).end().end(), "/d");
  }

  private static void assertRefused(String cause, BlobBuilder blob) {
    DeviceTree tree = blob.parse();
    Node node = tree.at("/d").orElseThrow();
    DeviceTreeException refusal =
        assertThrows(DeviceTreeException.class, () -> tree.interrupts(node));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(cause), message);
  }

  @Test
  void aDeviceWithoutInterruptsHasNone() {
    assertEquals(List.of(), of(controllers().node("d").end().end(), "/d"));
  }

  @Test
  void thePlicHasTheLineOnly() {
    List<InterruptSpecifier> found =
        of(controllers().node("d").cells("interrupts", 8, 9).end().end(), "/d");
    assertEquals(2, found.size());
    Line line = assertInstanceOf(Line.class, found.get(0));
    assertEquals("/plic", line.controller().path());
    assertEquals(List.of(8), line.cells());
    assertEquals(OptionalInt.of(8), line.number());
    assertEquals(Optional.empty(), line.trigger());
    assertEquals(OptionalInt.of(9), found.get(1).number());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 16, 1, SPI, 48, RISING_EDGE",
    "0, 16, 4, SPI, 48, LEVEL_HIGH",
    "1, 14, 0xf08, PPI, 30, LEVEL_LOW",
    "1, 7, 0x104, PPI, 23, LEVEL_HIGH",
    "2, 1, 2, EXTENDED_SPI, 4097, FALLING_EDGE",
    "3, 1, 4, EXTENDED_PPI, 1057, LEVEL_HIGH"
  })
  void theGicHasTypeNumberAndFlags(
      int type, int number, String flags, GicType gicType, int intId, Trigger trigger) {
    List<InterruptSpecifier> found = extended(GIC, type, number, Integer.decode(flags));
    Gic gic = assertInstanceOf(Gic.class, found.getFirst());
    assertEquals(1, found.size());
    assertEquals("/gic", gic.controller().path());
    assertEquals(List.of(type, number, Integer.decode(flags)), gic.cells());
    assertEquals(gicType, gic.type());
    assertEquals(OptionalInt.of(number), gic.number());
    assertEquals(intId, gic.intId());
    assertEquals(Optional.of(trigger), gic.trigger());
  }

  @Test
  void flagsWithoutAMeaningTellNoTrigger() {
    assertEquals(Optional.empty(), extended(GIC, 0, 16, 0).getFirst().trigger());
    assertEquals(Optional.empty(), extended(APLIC, 16, 5).getFirst().trigger());
  }

  @Test
  void theAplicHasLineAndTrigger() {
    Line line = assertInstanceOf(Line.class, extended(APLIC, 7, 4).getFirst());
    assertEquals(OptionalInt.of(7), line.number());
    assertEquals(Optional.of(Trigger.LEVEL_HIGH), line.trigger());
  }

  @Test
  void aControllerOfAnotherCodeKeepsItsCells() {
    Opaque pic = assertInstanceOf(Opaque.class, extended(OPEN_PIC, 7, 1).getFirst());
    assertEquals(List.of(7, 1), pic.cells());
    assertEquals(OptionalInt.empty(), pic.number());
    assertEquals(Optional.empty(), pic.trigger());
    assertInstanceOf(Opaque.class, extended(STRANGE, 1, 2, 3, 4).getFirst());
  }

  @Test
  void extendedInterruptsGoToSeveralControllers() {
    List<InterruptSpecifier> found = extended(PLIC, 3, GIC, 0, 4, 1, APLIC, 5, 1);
    assertEquals(
        List.of("/plic", "/gic", "/aplic"),
        found.stream().map(each -> each.controller().path()).toList());
  }

  @Test
  void extendedInterruptsComeBeforePlainOnes() {
    BlobBuilder blob = controllers().node("d").cells("interrupts", 1, 2, 3, 4);
    blob.cells("interrupts-extended", PLIC, 9).end().end();
    assertEquals(OptionalInt.of(9), of(blob, "/d").getFirst().number());
  }

  @Test
  void theNearestInterruptParentCounts() {
    BlobBuilder blob = controllers().node("bus").cells("interrupt-parent", APLIC);
    blob.node("d").cells("interrupts", 1, 1).end();
    blob.node("e").cells("interrupt-parent", GIC).cells("interrupts", 0, 1, 4).end().end().end();
    assertEquals("/aplic", of(blob, "/bus/d").getFirst().controller().path());
  }

  @Test
  void aDevicesOwnInterruptParentComesFirst() {
    BlobBuilder blob = controllers().node("bus").cells("interrupt-parent", APLIC);
    blob.node("e").cells("interrupt-parent", GIC).cells("interrupts", 0, 1, 4).end().end().end();
    assertEquals("/gic", of(blob, "/bus/e").getFirst().controller().path());
  }

  @Test
  void aControllerAboveTheDeviceIsItsParent() {
    BlobBuilder blob = controllers().node("cpu").node("intc").property("interrupt-controller");
    blob.cells("#interrupt-cells", 1).node("d").cells("interrupts", 5).end().end().end().end();
    assertEquals("/cpu/intc", of(blob, "/cpu/intc/d").getFirst().controller().path());
  }

  @Test
  void withoutAParentInterruptsAreRefused() {
    assertRefused(
        "no 'interrupt-parent' here or above",
        BlobBuilder.root().node("d").cells("interrupts", 1).end().end());
  }

  @Test
  void aParentThatIsNotThereIsRefused() {
    assertRefused(
        "no node has the phandle 0x63",
        controllers().node("d").cells("interrupt-parent", 99).cells("interrupts", 1).end().end());
    assertRefused(
        "no node has the phandle 0x0",
        controllers().node("d").cells("interrupts-extended", 0, 1).end().end());
  }

  @Test
  void aParentThatIsNoControllerIsRefused() {
    BlobBuilder blob = BlobBuilder.root().node("x").cells("phandle", 1);
    assertRefused(
        "node /x: named as an interrupt controller, but it is none",
        blob.end().node("d").cells("interrupts-extended", 1, 1).end().end());
  }

  @Test
  void interruptsBehindAMapAreRefused() {
    BlobBuilder blob = BlobBuilder.root().node("pci").cells("phandle", 1);
    blob.cells("#interrupt-cells", 1).cells("interrupt-map", 1).end();
    assertRefused(
        "behind an 'interrupt-map'", blob.node("d").cells("interrupts-extended", 1, 1).end().end());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, -1, 0x7fff_ffff})
  void absurdCellCountsAreRefused(int count) {
    BlobBuilder blob = BlobBuilder.root();
    controller(blob, "c", 1, count, "acme,c");
    assertRefused(
        "cells, where 1 to 8 are expected",
        blob.node("d").cells("interrupts-extended", 1, 1).end().end());
  }

  @Test
  void cellsThatAreNoWholeEntriesAreRefused() {
    BlobBuilder blob = controllers().node("d").cells("interrupt-parent", GIC);
    assertRefused(
        "4 cells are not entries of the 3 that /gic wants",
        blob.cells("interrupts", 0, 1, 2, 3).end().end());
    assertRefused(
        "0 cells are not entries", controllers().node("d").cells("interrupts").end().end());
    assertRefused(
        "the last entry has 2 of the 3 cells that /gic wants",
        controllers().node("d").cells("interrupts-extended", PLIC, 1, GIC, 0, 1).end().end());
    assertRefused("no entry", controllers().node("d").cells("interrupts-extended").end().end());
    assertRefused(
        "3 bytes are not a whole number of cells",
        controllers().node("d").property("interrupts", new byte[3]).end().end());
  }

  @ParameterizedTest
  @CsvSource({
    "4, 1, unknown type 0x4",
    "-1, 1, unknown type 0xffffffff",
    "0, 988, 'SPI 988, of which a GIC has 988'",
    "1, 16, 'PPI 16, of which a GIC has 16'",
    "0, -1, 'SPI 4294967295, of which'"
  })
  void anInterruptThatAGicCannotHaveIsRefused(int type, int number, String cause) {
    assertRefused(
        cause,
        controllers().node("d").cells("interrupts-extended", GIC, type, number, 1).end().end());
  }
}
