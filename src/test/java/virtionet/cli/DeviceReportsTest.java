package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import virtionet.driver.ScanReport;
import virtionet.machine.Slot;
import virtionet.virtio.Finding;

/** The table of slots. */
class DeviceReportsTest {
  private static List<String> shown(Finding... findings) {
    List<ScanReport.Line> lines = new ArrayList<>();
    for (Finding finding : findings) {
      int number = lines.size();
      OptionalInt line = number == 0 ? OptionalInt.empty() : OptionalInt.of(number);
      lines.add(
          new ScanReport.Line(
              new Slot("slot" + number, 0xa000000 + 0x200L * number, 0x200, line, true), finding));
    }
    var out = new StringWriter();
    DeviceReports.slots(
        new Screen(new CommandLine(new VirtionetCommand()).setOut(new PrintWriter(out, true))),
        lines);
    return out.toString().lines().skip(1).map(String::strip).toList();
  }

  @Test
  void aRunOfEqualSlotsIsOneLine() {
    var closed = new Finding.Closed("no driver has it");
    assertEquals(
        List.of(
            "0x0a000000 … 0x0a000400  none … 2  3 slots, no driver has it",
            "0x0a000600               3         the kernel has it (eth0)",
            "0x0a000800               4         no driver has it",
            "0x0a000a00 … 0x0a000c00  5 … 6     2 slots, empty"),
        shown(
            closed,
            closed,
            new Finding.Closed("no driver has it"),
            new Finding.Closed("the kernel has it (eth0)"),
            closed,
            new Finding.Empty(),
            new Finding.Empty()));
  }

  @Test
  void slotsOfOneKindThatDifferStayApart() {
    assertEquals(
        List.of(
            "0x0a000000  none  network card, version 2, vendor 0x554d4551",
            "0x0a000200  1     network card, legacy (version 1), vendor 0x554d4551",
            "0x0a000400  2     unusable: broken"),
        shown(
            new Finding.Device(Finding.Interface.MMIO, 1, 0x554d4551),
            new Finding.Device(Finding.Interface.LEGACY_MMIO, 1, 0x554d4551),
            new Finding.Unusable("broken")));
  }
}
