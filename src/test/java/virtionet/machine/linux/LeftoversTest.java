package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.MachineException;

/** What a process left that was killed in the middle of its work. */
class LeftoversTest {
  private static final long DEAD = 66;
  private static final long ALIVE = 77;

  @TempDir private Path folder;
  private FakeSystem system;
  private PlatformDevice first;
  private PlatformDevice second;
  private Path memory;

  /** What was seen while devices were reset. */
  private final List<String> seen = new ArrayList<>();

  @BeforeEach
  void start() {
    system = new FakeSystem(folder);
    system.process(ALIVE, 1);
    first = system.slot(0xa003c00, FakeSystem.NETWORK_CARD);
    second = system.slot(0xa003e00, FakeSystem.NETWORK_CARD);
    system.put("dev/hugepages/virtionet-66-1", "pages");
    memory = system.path("dev/hugepages/virtionet-66-1");
  }

  private void claim(long process, Set<PlatformDevice> devices, Set<PlatformDevice> attached) {
    new Claim(process + "-1", process, 1, names(devices), names(attached), Optional.of(memory))
        .write(system.paths());
  }

  private static Set<String> names(Set<PlatformDevice> devices) {
    return devices.stream().map(PlatformDevice::name).collect(Collectors.toSet());
  }

  private List<String> clear() {
    return LinuxMachine.clearLeftovers(
        system.paths(),
        registers -> {
          seen.add(Files.exists(memory) ? "memory is there" : "memory is gone");
          registers.write32(FakeSystem.STATUS, 0);
        });
  }

  private String failure() {
    var failure =
        assertThrows(
            MachineException.class,
            () ->
                LinuxMachine.clearLeftovers(
                    system.paths(),
                    registers -> {
                      throw new IllegalStateException("status stays 0xf");
                    }));
    return String.valueOf(failure.getMessage());
  }

  @Test
  void devicesAreResetBeforeTheirMemoryIsLetGo() {
    system.giveToUio(first);
    system.giveToUio(second);
    claim(DEAD, Set.of(first, second), Set.of());
    assertEquals(List.of(), clear());
    assertEquals(List.of("memory is there", "memory is there"), seen);
    assertEquals(0, system.register(first, FakeSystem.STATUS));
    assertEquals(0, system.register(second, FakeSystem.STATUS));
    assertFalse(Files.exists(memory));
    assertEquals(List.of(), system.notes());
    assertEquals(List.of(), system.written(), "what was bound to UIO before stays so");
  }

  @Test
  void whatWasAttachedIsGivenBack() {
    system.giveToUio(first);
    claim(DEAD, Set.of(first), Set.of(first));
    assertEquals(List.of(first.name()), clear());
    assertEquals(Optional.of("virtio-mmio"), first.driver());
    assertEquals(Optional.of("eth-a003c00"), first.networkInterface());
  }

  @Test
  void aDeviceThatDoesNotConfirmKeepsTheMemoryAndTheNote() {
    system.giveToUio(first);
    claim(DEAD, Set.of(first), Set.of(first));
    String message = failure();
    assertTrue(message.startsWith(first + ", which process 66 left running"), message);
    assertTrue(message.contains("status stays 0xf"), message);
    assertTrue(Files.exists(memory));
    assertEquals(List.of("66-1"), system.notes());
    assertEquals(Optional.of("uio_pdrv_genirq"), first.driver());
    assertEquals(List.of(first.name()), clear(), "the next start tries again");
    assertFalse(Files.exists(memory));
  }

  @Test
  void aDeviceThatTheKernelsDriverHasIsLeftAlone() {
    claim(DEAD, Set.of(first), Set.of());
    clear();
    assertEquals(List.of(), seen);
    assertEquals(List.of(), system.written());
    assertFalse(Files.exists(memory));
  }

  @Test
  void aDeviceThatWasKilledBetweenTwoDriversIsBoundAndResetAndGivenBack() throws Exception {
    system.giveToUio(first);
    system
        .paths()
        .kernel()
        .write(system.path("sys/bus/platform/devices/" + first + "/driver/unbind"), first.name());
    claim(DEAD, Set.of(first), Set.of(first));
    assertEquals(List.of(first.name()), clear());
    assertEquals(List.of("memory is there"), seen);
    assertEquals(Optional.of("virtio-mmio"), first.driver());
  }

  @Test
  void aDeviceWithAnotherUioNumberThanBeforeIsFound() {
    system.giveToUio(first);
    claim(DEAD, Set.of(first), Set.of());
    first.release();
    system.giveToUio(second);
    system.giveToUio(first);
    assertEquals(Optional.of(2), first.uio());
    clear();
    assertEquals(0, system.register(first, FakeSystem.STATUS));
    assertFalse(0 == system.register(second, FakeSystem.STATUS));
  }

  @Test
  void aDeviceThatIsNoMoreIsNoHindrance() {
    claim(DEAD, Set.of(new PlatformDevice(system.paths(), "gone.virtio_mmio")), Set.of());
    assertEquals(List.of(), clear());
    assertEquals(List.of(), system.notes());
  }

  @Test
  void theLivingAreNotTouched() {
    system.giveToUio(first);
    claim(ALIVE, Set.of(first), Set.of(first));
    assertEquals(List.of(), clear());
    assertEquals(List.of(), seen);
    assertTrue(Files.exists(memory));
    assertEquals(List.of("77-1"), system.notes());
  }

  @Test
  void everyDeadProcessIsClearedUpAfter() {
    system.giveToUio(first);
    system.giveToUio(second);
    claim(DEAD, Set.of(first), Set.of(first));
    claim(67, Set.of(second), Set.of(second));
    assertEquals(List.of(first.name(), second.name()), clear());
    assertEquals(List.of(), system.notes());
  }

  @Test
  void whatCannotBeGivenBackStaysNoted() {
    system.giveToUio(first);
    system.giveToUio(second);
    claim(DEAD, Set.of(first, second), Set.of(first, second));
    system.refuse("drivers_probe");
    var failure = assertThrows(MachineException.class, this::clear);
    assertEquals(1, failure.getSuppressed().length, "each was tried");
    assertEquals(List.of("66-1"), system.notes());
    system.allowAll();
    assertEquals(Set.of(first.name(), second.name()), Set.copyOf(clear()));
    assertEquals(List.of(), system.notes());
  }
}
