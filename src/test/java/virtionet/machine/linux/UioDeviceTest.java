package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.machine.InterruptLine;
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.machine.MachineException;
import virtionet.machine.linux.UioDevice.UioWindow;

/** Registers and interrupts of a device whose page is an ordinary file's. */
class UioDeviceTest {
  private static final int SLOT = 0x200;
  private static final int PAGE = FakeSystem.PAGE;

  @TempDir private Path folder;
  private FakeSystem system;
  private PlatformDevice device;

  @BeforeEach
  void bind() {
    system = new FakeSystem(folder);
    device = system.slot(0xa003c00, FakeSystem.NETWORK_CARD);
    system.giveToUio(device);
  }

  private UioDevice open(long size) {
    return UioDevice.open(system.paths(), Leftovers.uioOf(device), size);
  }

  @Test
  void theRegistersBeginAtTheOffsetInThePage() {
    UioDevice uio = open(SLOT);
    assertEquals(0x74726976, uio.registers().read32(0));
    uio.registers().write32(FakeSystem.STATUS, 0);
    uio.close();
    assertEquals(0, system.register(device, FakeSystem.STATUS));
  }

  @Test
  void theNeighboursInThePageAreOutOfReach() {
    UioDevice uio = open(SLOT);
    assertEquals(SLOT, uio.registers().size());
    assertThrows(RuntimeException.class, () -> uio.registers().read32(SLOT));
    assertThrows(RuntimeException.class, () -> uio.registers().write32(SLOT, 0));
    assertThrows(RuntimeException.class, () -> uio.registers().read32(-4));
    uio.close();
  }

  @Test
  void ofUnknownSizeTheyReachToTheEndOfTheWindow() {
    UioDevice uio = open(0);
    assertEquals(0x400, uio.registers().size());
    uio.close();
  }

  @Test
  void aClosedDeviceIsOutOfReachAndEndsItsWaits() throws Exception {
    UioDevice uio = open(SLOT);
    InterruptLine line = uio.line();
    uio.close();
    uio.close();
    assertEquals(Wakeup.CLOSED, line.await(Duration.ofSeconds(30)));
    assertThrows(IllegalStateException.class, () -> uio.registers().read32(0));
    String message = assertThrows(MachineException.class, uio::line).getMessage();
    assertTrue(String.valueOf(message).contains("/dev/uio0 was closed"), message);
  }

  @Test
  void linesOfFormerLivesAreNotKept() throws InterruptedException {
    UioDevice uio = open(SLOT);
    InterruptLine open = uio.line();
    for (int life = 0; life < 100; life++) {
      uio.line().close();
    }
    InterruptLine last = uio.line();
    assertEquals(2, uio.lines());
    uio.close();
    assertEquals(Wakeup.CLOSED, open.await(Duration.ofSeconds(30)));
    assertEquals(Wakeup.CLOSED, last.await(Duration.ofSeconds(30)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0xe01   | 0x1000   | registers of 512 bytes at offset 0xe01 lie outside",
        "0x1000  | 0x1000   | lie outside of the 4096 bytes that UIO lets map",
        "0xc00   | 0        | lie outside of the 0 bytes",
        "0xc00   | -1       | lie outside of the -1 bytes",
        "-4      | 0x1000   | lie outside",
        "0xc00   | 0x200000 | lie outside",
        "0x7fffffffffffffff | 0x1000 | lie outside",
        "many    | 0x1000   | maps/map0/offset is no number",
        "''      | 0x1000   | maps/map0/offset is no number",
        "0xc00   | 0x1fffffffffffffffff | maps/map0/size is no number"
      })
  void aWindowThatMakesNoSenseIsRefused(String offset, String size, String reason) {
    system.window(0, offset, size);
    String message = assertThrows(MachineException.class, () -> open(SLOT)).getMessage();
    assertTrue(String.valueOf(message).contains(reason), message);
  }

  @Test
  void aDriverThatGivesNoMapIsNamedAsTheCause() throws Exception {
    Files.delete(system.path("sys/class/uio/uio0/maps/map0/size"));
    String message = assertThrows(MachineException.class, () -> open(SLOT)).getMessage();
    assertTrue(String.valueOf(message).contains("lets map no registers"), message);
  }

  @Test
  void wholePagesAreMapped() {
    assertEquals(PAGE, new UioWindow(0xe00, 0x200).pages(PAGE));
    assertEquals(PAGE, new UioWindow(0, PAGE).pages(PAGE));
    assertEquals(2 * PAGE, new UioWindow(0, PAGE + 1).pages(PAGE));
  }

  @Test
  void openingAndClosingLeavesNoDescriptor() throws IOException {
    open(SLOT).close();
    for (int round = 0; round < 20; round++) {
      UioDevice uio = open(SLOT);
      uio.line().close();
      uio.line();
      uio.close();
      system.window(0, "0xfff", "0x1000");
      assertThrows(MachineException.class, () -> open(SLOT));
      system.window(0, "0xc00", "0x1000");
    }
    assertEquals(0, descriptorsOf(folder.toRealPath()));
  }

  private static long descriptorsOf(Path folder) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(link -> pointsInto(link, folder)).count();
    }
  }

  private static boolean pointsInto(Path link, Path folder) {
    try {
      return Files.readSymbolicLink(link).startsWith(folder);
    } catch (IOException e) {
      // Closed meanwhile by somebody else: none of ours.
      return false;
    }
  }
}
