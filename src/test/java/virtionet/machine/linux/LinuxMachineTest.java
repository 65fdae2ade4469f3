package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.InterruptLine;
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.machine.MachineException;
import virtionet.machine.Slot;
import virtionet.machine.SlotClosedException;

/** From opening to giving back, on a system of files. */
class LinuxMachineTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");
  private static final long MEMORY = 1 << 20;
  private static final Optional<String> UIO = Optional.of("uio_pdrv_genirq");
  private static final Optional<String> KERNELS = Optional.of("virtio-mmio");

  @TempDir private Path folder;
  private FakeSystem system;
  private PlatformDevice empty;
  private PlatformDevice card;
  private PlatformDevice disk;

  @BeforeEach
  void start() throws Exception {
    system = new FakeSystem(folder);
    system.showPhysicalAddresses();
    empty = system.slot(0xa000000, 0);
    card = system.slot(0xa003c00, FakeSystem.NETWORK_CARD);
    disk = system.slot(0xa003e00, FakeSystem.BLOCK_DEVICE);
    system.blob(0xa000000, 0xa003c00, 0xa003e00);
  }

  @AfterEach
  void end() {
    system.hidePhysicalAddresses();
  }

  private LinuxMachine open(String... attach) {
    var options = new LinuxOptions(List.of(attach), false, MEMORY, folder);
    return LinuxMachine.open(
        system.paths(), options, registers -> registers.write32(FakeSystem.STATUS, 0));
  }

  private static Slot slot(LinuxMachine machine, int number) {
    return machine.slots(VIRTIO).get(number);
  }

  private void assertNothingLeft() {
    assertEquals(List.of(), system.notes());
    assertEquals(List.of(), system.names("dev/hugepages"));
    assertEquals(KERNELS, card.driver());
  }

  @Test
  void anAttachedDeviceIsDrivenAndGivenBack() throws Exception {
    LinuxMachine machine = open("eth-a003c00");
    assertEquals(UIO, card.driver());
    assertEquals(FakeSystem.NETWORK_CARD, machine.access(slot(machine, 1)).read32(8));
    assertEquals(MEMORY, machine.memory().available());
    InterruptLine line = machine.interruptLine(slot(machine, 1));
    machine.close();
    machine.close();
    assertEquals(Wakeup.CLOSED, line.await(Duration.ofSeconds(30)));
    assertNothingLeft();
    assertEquals(Optional.of("eth-a003c00"), card.networkInterface());
    assertEquals(
        List.of(
            "devices/a003c00.virtio_mmio/driver_override <- uio_pdrv_genirq",
            "devices/a003c00.virtio_mmio/driver/unbind <- a003c00.virtio_mmio",
            "drivers_probe <- a003c00.virtio_mmio",
            "devices/a003c00.virtio_mmio/driver_override <- ",
            "devices/a003c00.virtio_mmio/driver/unbind <- a003c00.virtio_mmio",
            "drivers_probe <- a003c00.virtio_mmio"),
        system.written());
  }

  @Test
  void itsSlotsNodeOrBusNameWillDoAsWellAndTwiceIsOnce() {
    open("virtio_mmio@a003c00", "a003c00.virtio_mmio").close();
    assertNothingLeft();
  }

  @Test
  void whatIsTakenIsNotedBefore() {
    system.refuse("unbind");
    LinuxPaths watched =
        new LinuxPaths(
            folder,
            (file, text) -> {
              Claim note = Claim.all(system.paths()).getFirst();
              assertEquals(Set.of(card.name()), note.attached());
              assertTrue(note.memory().isPresent());
              system.paths().kernel().write(file, text);
            });
    var options = new LinuxOptions(List.of(card.name()), false, MEMORY, folder);
    assertThrows(MachineException.class, () -> LinuxMachine.open(watched, options, _ -> {}));
    assertNothingLeft();
  }

  @Test
  void aSlotThatTheKernelHasIsClosedAndTellsWhoHasIt() {
    try (LinuxMachine machine = open()) {
      assertEquals(
          "the kernel's driver virtio-mmio has it (eth-a003c00)", closedReason(machine, 1));
      assertEquals("the kernel's driver virtio-mmio has it", closedReason(machine, 2));
      assertEquals("no driver has it: empty, as a rule", closedReason(machine, 0));
    }
    assertEquals(List.of(), system.written());
  }

  private static String closedReason(LinuxMachine machine, int slot) {
    return String.valueOf(
        assertThrows(SlotClosedException.class, () -> machine.access(slot(machine, slot)))
            .getMessage());
  }

  @Test
  void whatWasBoundToUioBeforeStaysSo() {
    system.giveToUio(card);
    LinuxMachine machine = open();
    machine.access(slot(machine, 1));
    assertEquals(Set.of(card.name()), Claim.all(system.paths()).getFirst().devices());
    machine.close();
    assertEquals(UIO, card.driver());
    assertEquals(List.of(), system.notes());
  }

  @Test
  void aDeviceThatAnotherProcessDrivesIsBusy() {
    system.giveToUio(card);
    system.process(77, 5);
    new Claim("77-1", 77, 5, Set.of(card.name()), Set.of(), Optional.empty()).write(system.paths());
    String busy = card + " is busy: process 77 drives it";
    assertEquals(busy, refusal(card.name()));
    try (LinuxMachine machine = open()) {
      Slot slot = slot(machine, 1);
      var failure = assertThrows(MachineException.class, () -> machine.access(slot));
      assertEquals(busy, failure.getMessage());
    }
  }

  @Test
  void twoMachinesOfAProcessDoNotShareADevice() {
    try (LinuxMachine first = open(card.name());
        LinuxMachine second = open()) {
      Slot slot = slot(second, 1);
      assertThrows(MachineException.class, () -> second.access(slot));
      assertEquals(2, system.notes().size());
      first.access(slot(first, 1));
    }
    assertNothingLeft();
  }

  private String refusal(String device) {
    return String.valueOf(
        assertThrows(MachineException.class, () -> open(device).close()).getMessage());
  }

  @Test
  void whatIsNoNetworkCardIsNotTouched() {
    PlatformDevice serial = system.device("9000000.pl011", 0);
    system.driver("uart-pl011");
    system.bindAs(serial, "uart-pl011");
    assertTrue(refusal(disk.name()).contains("is no network card"), () -> refusal(disk.name()));
    assertTrue(refusal(serial.name()).contains("uart-pl011"), () -> refusal(serial.name()));
    assertEquals(List.of(), system.written());
    assertNothingLeft();
  }

  @Test
  void theDefaultRoutesInterfaceIsTakenByForceOnly() {
    system.put("proc/net/route", "eth-a003c00 00000000 0202000A 0003 0 0 100 00000000 0 0 0\n");
    assertTrue(refusal(card.name()).contains("--force"), () -> refusal(card.name()));
    assertEquals(List.of(), system.written());
    var forced = new LinuxOptions(List.of(card.name()), true, MEMORY, folder);
    LinuxMachine.open(system.paths(), forced, _ -> {}).close();
    assertFalse(system.written().isEmpty());
    assertNothingLeft();
  }

  @Test
  void anUnknownDeviceIsNamedBeforeAnythingElseIsAskedFor() {
    system.delete(system.path("proc/mounts"));
    assertTrue(refusal("eth9").startsWith("there is no device eth9"), () -> refusal("eth9"));
  }

  @Test
  void aMissingModuleBringsTheRemedyBeforeTheKernelLosesTheDevice() {
    system.delete(system.path("sys/bus/platform/drivers/uio_pdrv_genirq"));
    assertTrue(
        refusal(card.name()).contains("modprobe uio_pdrv_genirq"), () -> refusal(card.name()));
    assertEquals(List.of(), system.written());
    assertNothingLeft();
  }

  @Test
  void aDeviceThatUioDoesNotTakeGoesBackToTheKernel() {
    system.refuseToUio(card);
    assertTrue(refusal(card.name()).contains("see dmesg"), () -> refusal(card.name()));
    assertNothingLeft();
  }

  @Test
  void memoryThatADeviceMayStillWriteToStaysUntilTheNextStart() {
    LinuxMachine machine = open(card.name());
    machine.access(slot(machine, 1));
    machine.memory().allocate(4096, 4096).quarantine();
    machine.close();
    assertEquals(UIO, card.driver());
    assertEquals(1, system.names("dev/hugepages").size());
    assertEquals(1, system.notes().size());
    open().close();
    assertEquals(0, system.register(card, FakeSystem.STATUS), "also in the same process");
    assertNothingLeft();
  }

  @Test
  void whatCannotBeGivenBackNowIsAtTheNextStart() {
    LinuxMachine machine = open(card.name());
    machine.access(slot(machine, 1));
    system.refuse("drivers_probe");
    String message = assertThrows(MachineException.class, machine::close).getMessage();
    assertTrue(String.valueOf(message).contains("drivers_probe"), message);
    assertEquals(List.of(), system.names("dev/hugepages"), "the rest was done");
    assertEquals(1, system.notes().size());
    system.allowAll();
    open().close();
    assertNothingLeft();
  }

  @Test
  void afterTheEndNothingIsToBeHad() {
    LinuxMachine machine = open();
    Slot slot = slot(machine, 1);
    machine.close();
    assertThrows(MachineException.class, () -> machine.slots(VIRTIO));
    assertThrows(MachineException.class, machine::memory);
    assertThrows(MachineException.class, () -> machine.access(slot));
    assertThrows(MachineException.class, () -> machine.interruptLine(slot));
    assertFalse(machine.lost().toCompletableFuture().isDone());
  }

  @Test
  void theListTellsWhatThereIsToKnowOfEachDevice() {
    system.put("proc/net/route", "eth-a003c00 00000000 0202000A 0003 0 0 100 00000000 0 0 0\n");
    assertEquals(
        List.of(
            new LinuxDevice(
                card.name(),
                Optional.of("eth-a003c00"),
                KERNELS,
                "carries the default route: only with --force")),
        LinuxDevice.list(folder));
    system.giveToUio(card);
    try (LinuxMachine machine = open()) {
      machine.access(slot(machine, 1));
      assertEquals(
          List.of(
              new LinuxDevice(
                  card.name(),
                  Optional.empty(),
                  UIO,
                  "driven by process " + ProcessHandle.current().pid())),
          LinuxDevice.list(folder));
    }
    assertTrue(empty.exists());
  }
}
