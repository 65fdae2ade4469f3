package virtionet.machine.qemu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.machine.DeviceRegion;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.testing.Patience;
import virtionet.testing.QemuProcess;
import virtionet.testing.RequiresQemu;

/** The machine itself, without a driver. */
@RequiresQemu
class QemuMachineTest {
  private static final Set<String> COMPATIBLE = Set.of("virtio,mmio");
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  private final List<QemuMachine> machines = new ArrayList<>();

  @TempDir Path folder;

  private QemuMachine start(QemuOptions options) {
    var machine = QemuMachine.start(options);
    machines.add(machine);
    return machine;
  }

  @AfterEach
  void closeAll() {
    machines.forEach(QemuMachine::close);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenToDeviceMemoryTheMachineSeesAndTheOtherWayRound(QemuArchitecture architecture) {
    QemuMachine machine = start(QemuOptions.of(architecture));
    DeviceRegion region = machine.memory().allocate(4096, 4096);
    Registers throughTheMachine =
        machine.access(new Slot("ram", region.deviceAddress(), 4096, OptionalInt.empty(), true));

    region.segment().set(JAVA_INT, 8, 0x600d_cafe);
    assertEquals(0x600d_cafe, throughTheMachine.read32(8));
    throughTheMachine.write32(4092, 0x1234_5678);
    assertEquals(0x1234_5678, region.segment().get(JAVA_INT, 4092));
  }

  @ParameterizedTest
  @EnumSource
  void registersAreReachedInEachWidthThatADeviceHas(QemuArchitecture architecture) {
    QemuMachine machine = start(QemuOptions.of(architecture));
    Registers registers = machine.access(machine.slots(COMPATIBLE).getLast());
    assertEquals(0x7472_6976, registers.read32(0), "magic");
    assertEquals(0x52, registers.read8(0x100), "the MAC's first byte");
    assertEquals(1, registers.read16(0x106), "the link's state");
    assertThrows(IndexOutOfBoundsException.class, () -> registers.read32(registers.size()));
    assertThrows(IllegalArgumentException.class, () -> registers.write32(0x71, 0));
  }

  @ParameterizedTest
  @EnumSource
  void theCloseLeavesNeitherProcessNorFileAndMayBeRepeated(QemuArchitecture architecture) {
    QemuMachine machine = start(QemuOptions.of(architecture));
    QemuProcess process = QemuProcess.of(machine);
    assertTrue(Files.exists(process.folder()));
    machine.close();
    process.assertGone();
    machine.close();
    assertFalse(machine.lost().toCompletableFuture().isDone(), "a close is no loss");
  }

  @ParameterizedTest
  @EnumSource
  void afterTheCloseEachMethodSaysThatItIsClosed(QemuArchitecture architecture) throws Exception {
    QemuMachine machine = start(QemuOptions.of(architecture));
    Slot slot = machine.slots(COMPATIBLE).getLast();
    Registers registers = machine.access(slot);
    InterruptLine line = machine.interruptLine(slot);
    DeviceRegion region = machine.memory().allocate(64, 64);
    region.segment().set(JAVA_INT, 0, 7);
    machine.close();

    for (Executable call : calls(machine, slot, registers)) {
      var refused = assertThrows(MachineException.class, call);
      assertEquals("the QEMU machine was closed", refused.getMessage());
    }
    assertEquals(InterruptLine.Wakeup.CLOSED, line.await(LONG));
    assertEquals(7, region.segment().get(JAVA_INT, 0), "what somebody holds stays readable");
  }

  @Test
  void afterALossEachMethodSaysWhy() throws Exception {
    QemuMachine machine = start(QemuOptions.of(QemuArchitecture.RISCV64));
    Slot slot = machine.slots(COMPATIBLE).getLast();
    Registers registers = machine.access(slot);
    InterruptLine line = machine.interruptLine(slot);
    DeviceRegion region = machine.memory().allocate(64, 64);
    QemuProcess process = QemuProcess.of(machine);
    process.kill();

    String reason = Patience.answer(machine.lost());
    assertTrue(
        reason.contains("QEMU (process %d) ended with code 137".formatted(machine.pid())), reason);
    for (Executable call : calls(machine, slot, registers)) {
      assertEquals(reason, assertThrows(MachineException.class, call).getMessage());
    }
    assertEquals(InterruptLine.Wakeup.CLOSED, line.await(LONG));
    assertEquals(0, region.segment().get(JAVA_INT, 0), "memory stays mapped up to the close");
    machine.close();
    process.assertGone();
  }

  private static List<Executable> calls(QemuMachine machine, Slot slot, Registers registers) {
    return List.of(
        () -> machine.slots(COMPATIBLE),
        () -> machine.access(slot),
        machine::memory,
        () -> machine.interruptLine(slot),
        () -> machine.execute("query-status", Map.of()),
        () -> registers.read32(0),
        () -> registers.write32(0x70, 0),
        () -> registers.post32(0x50, 0));
  }

  @Test
  void aCommandThatQemuDoesNotKnowIsRefusedInItsWordsAndNothingElseIsLost() {
    QemuMachine machine = start(QemuOptions.of(QemuArchitecture.RISCV64));
    var refused = assertThrows(MachineException.class, () -> machine.execute("make_tea", Map.of()));
    assertEquals(
        "QEMU refused QMP's make_tea: The command make_tea has not been found",
        refused.getMessage());
    machine.execute("query-status", Map.of());
  }

  @Test
  void aSlotWithoutInterruptHasNoLine() {
    QemuMachine machine = start(QemuOptions.of(QemuArchitecture.RISCV64));
    var slot = new Slot("silent", 0x1000_1000, 0x1000, OptionalInt.empty(), true);
    var refused = assertThrows(MachineException.class, () -> machine.interruptLine(slot));
    assertTrue(String.valueOf(refused.getMessage()).contains("no interrupt"));
  }

  @Test
  void aJvmThatIsKilledTakesItsQemuWithIt() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Forsaken.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said = jvm.inputReader()) {
      List<String> told = said.lines().limit(2).toList();
      ProcessHandle qemu = ProcessHandle.of(Long.parseLong(told.getFirst())).orElseThrow();
      Path itsFolder = Path.of(told.getLast());
      assertTrue(Files.exists(itsFolder.resolve("memory")));
      jvm.destroyForcibly();
      Patience.until("QEMU's end", () -> !qemu.isAlive() && !Files.exists(itsFolder));
      QemuProcess.assertNothingLeft(itsFolder);
    } finally {
      jvm.destroyForcibly();
    }
  }

  /** Else an empty log, which each test of the driver asks for, would mean nothing. */
  @ParameterizedTest
  @EnumSource
  void whatADriverMustNotDoIsInTheGuestErrorsLog(QemuArchitecture architecture) throws Exception {
    Path log = folder.resolve("guest-errors");
    try (var machine =
        QemuMachine.start(
            QemuOptions.of(architecture).withArguments("-d", "guest_errors", "-D", log + ""))) {
      machine.access(machine.slots(COMPATIBLE).getLast()).write32(0, 1);
    }
    assertTrue(Files.readString(log).contains("read-only"), () -> "the log of QEMU: " + log);
  }
}
