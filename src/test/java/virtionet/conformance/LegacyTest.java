package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.conformance.RingMemory.Descriptor;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;
import virtionet.net.NetDevice;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** What only the legacy interface asks for: VirtIO 1.3 §2.7.2, §5.1.6.6. */
class LegacyTest {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int PAGE = 4096;

  /** Memory that remembers what was taken of it. */
  private record Ledger(DeviceMemory memory, List<Long> starts, List<Long> sizes)
      implements DeviceMemory {
    @Override
    public DeviceRegion allocate(long bytes, long alignment) {
      DeviceRegion region = memory.allocate(bytes, alignment);
      starts.add(region.deviceAddress());
      sizes.add(bytes);
      return region;
    }

    @Override
    public long available() {
      return memory.available();
    }

    @Override
    public long quarantined() {
      return memory.quarantined();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  @Requirement({"SPLIT-LEG-02", "SPLIT-LEG-03"})
  void aRingIsOneRegionOfTheSizeThatTheFormulaGives(int size) {
    ModelMachine machine = ModelMachine.of(ModelSettings.legacy().withQueueSizeMax(size));
    var ledger = new Ledger(machine.memory(), new ArrayList<>(), new ArrayList<>());
    var log = new RegisterLog(machine.access(machine.slots(Set.of("virtio,mmio")).getFirst()));
    NetDevice device = Card.bringUp(log, ledger);
    List<Integer> pages = log.written(0x040);
    assertEquals(2, pages.size());
    assertEquals(List.of(PAGE, PAGE), log.written(0x03c));
    assertEquals(List.of(PAGE), log.written(0x028));
    for (int page : pages) {
      int region = ledger.starts().indexOf(Integer.toUnsignedLong(page) * PAGE);
      assertTrue(region >= 0, "a queue that is no region's start");
      long formula = aligned(16L * size + 2L * (3 + size)) + aligned(6 + 8L * size);
      assertTrue(ledger.sizes().get(region) >= formula, ledger::toString);
    }
    assertEquals(List.of(), machine.device(0).violations());
    device.end();
  }

  private static long aligned(long bytes) {
    return (bytes + PAGE - 1) & -PAGE;
  }

  @Test
  @Requirement({"SPLIT-LEG-03", "FEAT-LEG-02", "NETHDR-LEG-02"})
  void framesFlowWhereEachPartIsFoundFromThePageAlone() {
    try (Card card = Card.up(ModelSettings.legacy())) {
      for (int number = 0; number < 40; number++) {
        card.traffic(number);
      }
    }
  }

  @Test
  @Requirement("NETFRM-LEG-01")
  void withoutAnyLayoutTheHeaderHasADescriptorOfItsOwn() {
    ModelSettings settings = ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT);
    try (Card card = Card.up(settings)) {
      card.model().stall();
      card.send(Card.frame(1, 60));
      for (int queue : new int[] {RECEIVE, TRANSMIT}) {
        RingMemory ring = card.ring(queue);
        for (int index = 0; index < ring.availableIndex(); index++) {
          List<Descriptor> chain = ring.chain(ring.head(index));
          assertEquals(2, chain.size());
          assertEquals(10, chain.getFirst().length());
        }
      }
      assertEquals(60, card.ring(TRANSMIT).chain(card.ring(TRANSMIT).head(0)).get(1).length());
      card.model().transmitNow();
      card.device().transmitQueue().reap();
    }
  }

  /**
   * The machines that this driver runs on are little-endian; on another it gives up (LegacyMmio).
   */
  @Test
  @Requirement({"SPLIT-LEG-04", "NETHDR-LEG-01", "NETCFG-LEG-01", "CFG-IMP-01"})
  void ringsHeadersAndConfigurationAreInTheMachinesOwnOrder() {
    assertEquals(ByteOrder.LITTLE_ENDIAN, ByteOrder.nativeOrder());
    try (Card card = Card.up(ModelSettings.legacy().withMtu(0x0506))) {
      assertEquals(0x0506, card.device().mtu());
      card.model().stall();
      card.send(Card.frame(1, 0x0102));
      RingMemory ring = card.ring(TRANSMIT);
      byte[] bytes = card.machine().view().at(ring.table(), 16).toArray(ValueLayout.JAVA_BYTE);
      ByteBuffer descriptor = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      assertEquals(10 + 0x0102, descriptor.getInt(8));
      assertArrayEquals(new byte[] {0x0c, 0x01, 0, 0}, Arrays.copyOfRange(bytes, 8, 12));
      assertEquals(1, ring.availableIndex());
      card.model().transmitNow();
      card.device().transmitQueue().reap();
    }
  }
}
