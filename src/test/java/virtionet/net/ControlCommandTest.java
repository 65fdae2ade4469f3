package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.CoalescingCommand.GetQueue;
import virtionet.net.CoalescingCommand.SetQueue;
import virtionet.net.CoalescingCommand.SetReceive;
import virtionet.net.CoalescingCommand.SetTransmit;
import virtionet.net.ControlCommand.AcknowledgeAnnouncement;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.ControlCommand.RemoveVlan;
import virtionet.net.ControlCommand.SetMacAddress;
import virtionet.net.ControlCommand.SetQueuePairs;
import virtionet.net.ControlCommand.SetReceiveMode;
import virtionet.testing.Requirement;
import virtionet.virtio.ConfigSpace;

/** Control commands byte by byte, and what none of them can say. */
class ControlCommandTest {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");
  private static final HashKey KEY = HashKey.of(new byte[] {1, 2, 3});

  /** Four pairs set up, all in use; three types of hash, two of tunnels. */
  private static final ControlLimits LIMITS = new ControlLimits(-1L, 8, 4, 4, 40, 128, 7, 3);

  static Stream<Arguments> bytes() {
    return Stream.of(
        arguments(new SetReceiveMode(ReceiveMode.PROMISCUOUS, true), "000001"),
        arguments(new SetReceiveMode(ReceiveMode.PROMISCUOUS, false), "000000"),
        arguments(new SetReceiveMode(ReceiveMode.ALL_MULTICAST, true), "000101"),
        arguments(new SetReceiveMode(ReceiveMode.ALL_UNICAST, true), "000201"),
        arguments(new SetReceiveMode(ReceiveMode.NO_MULTICAST, true), "000301"),
        arguments(new SetReceiveMode(ReceiveMode.NO_UNICAST, true), "000401"),
        arguments(new SetReceiveMode(ReceiveMode.NO_BROADCAST, true), "000501"),
        arguments(MacTable.EMPTY, "01000000000000000000"),
        arguments(
            new MacTable(List.of(STATION), List.of(GROUP, MacAddress.BROADCAST)),
            "010001000000020000000011" + "0200000001005e0000fbffffffffffff"),
        arguments(new SetMacAddress(STATION), "0101020000000011"),
        arguments(new AddVlan(1), "02000100"),
        arguments(new RemoveVlan(4094), "0201fe0f"),
        arguments(new AcknowledgeAnnouncement(), "0300"),
        arguments(new SetQueuePairs(3), "04000300"),
        arguments(
            new RssConfig(6, 1, List.of(0, 1, 2, 3), 4, KEY),
            "0401060000000300" + "0100" + "0000010002000300" + "0400" + "03010203"),
        arguments(new HashConfig(5, KEY), "040205000000" + "0000000000000000" + "03010203"),
        arguments(
            new GuestOffloads(Set.of(NetFeature.GUEST_CSUM, NetFeature.GUEST_USO6)),
            "0500" + "0200000000008000"),
        arguments(new SetTransmit(new Coalescing(0x1ff, 50)), "0600ff01000032000000"),
        arguments(new SetReceive(new Coalescing(0xffff_ffffL, 0)), "0601ffffffff00000000"),
        arguments(new SetQueue(5, new Coalescing(2, 3)), "0602" + "05000000" + "0200000003000000"),
        arguments(new GetQueue(5), "0603" + "05000000"),
        arguments(new HashTunnel(2), "070002000000"));
  }

  @ParameterizedTest
  @MethodSource("bytes")
  @Requirement({
    "CVQ-IMP-01",
    "CVQMAC-DRV-03",
    "CVQMAC-DRV-04",
    "CVQVLAN-IMP-01",
    "CVQRSS-PRO-01",
    "CVQMAC-LEG-01",
    "CVQVLAN-LEG-01",
    "CVQMQ-LEG-01",
    "CVQOFF-LEG-01"
  })
  void aCommandIsClassNumberAndLittleEndianData(ControlCommand command, String hex) {
    var bytes = new ByteArrayOutputStream();
    bytes.write(command.commandClass());
    bytes.write(command.command());
    command.data().forEach(bytes::writeBytes);
    assertEquals(hex, HexFormat.of().formatHex(bytes.toByteArray()));
    assertDoesNotThrow(() -> command.check(LIMITS));
  }

  @Test
  @Requirement({"CVQMQ-DRV-02", "CVQRSS-DRV-03"})
  void whatNoDeviceCouldTakeCannotBeMade() {
    assertRefused("VLAN 0", () -> new AddVlan(0));
    assertRefused("VLAN 4095", () -> new AddVlan(4095));
    assertRefused("VLAN 4095", () -> new RemoveVlan(4095));
    assertRefused("VLAN -1", () -> new RemoveVlan(-1));
    assertRefused("00:00:00:00:00:00", () -> new SetMacAddress(new MacAddress(0)));
    assertRefused(GROUP.toString(), () -> new SetMacAddress(GROUP));
    assertRefused("it is a group", () -> new MacTable(List.of(GROUP), List.of()));
    assertRefused("it is a single station", () -> new MacTable(List.of(), List.of(STATION)));
    assertRefused("0 queue pairs", () -> new SetQueuePairs(0));
    assertRefused("32769 queue pairs", () -> new SetQueuePairs(0x8001));
    assertRefused("power of two", () -> new RssConfig(0, 0, List.of(), 1, KEY));
    assertRefused("power of two", () -> new RssConfig(0, 0, List.of(0, 0, 0), 1, KEY));
    assertRefused("a hash key of 256 bytes", () -> HashKey.of(new byte[256]));
    assertRefused("MRG_RXBUF", () -> new GuestOffloads(Set.of(NetFeature.MRG_RXBUF)));
    assertRefused("-1 packets", () -> new Coalescing(-1, 0));
    assertRefused("4294967296 microseconds", () -> new Coalescing(0, 1L << 32));
    assertRefused("hash types", () -> new HashConfig(1L << 32, KEY));
  }

  @Test
  @Requirement({
    "CVQMQ-DRV-01",
    "CVQMQ-DRV-02",
    "CVQRSS-DRV-02",
    "CVQRSS-DRV-04",
    "CVQRSS-DRV-05",
    "CVQRSS-IMP-01",
    "CVQCOAL-DRV-01",
    "CVQOFF-DRV-01",
    "HASHTUN-DRV-02"
  })
  void whatThisDeviceCannotTakeIsRefusedWithTheReason() {
    assertBeyond("9 queue pairs: the device has 8", new SetQueuePairs(9));
    assertBeyond("5 queue pairs: 4 are set up", new SetQueuePairs(5));
    assertBeyond("names 4", new RssConfig(1, 0, List.of(0, 4), 1, KEY));
    assertBeyond("names -1", new RssConfig(1, 0, List.of(-1, 0), 1, KEY));
    assertBeyond("unclassified frames is 4", new RssConfig(1, 4, List.of(0), 1, KEY));
    assertBeyond("256", new RssConfig(1, 0, Collections.nCopies(256, 0), 1, KEY));
    assertBeyond("5 transmit queues", new RssConfig(1, 0, List.of(0), 5, KEY));
    assertBeyond("0 transmit queues", new RssConfig(1, 0, List.of(0), 0, KEY));
    assertBeyond("not 0x8", new RssConfig(9, 0, List.of(0), 1, KEY));
    assertBeyond("not 0x8", new HashConfig(8, KEY));
    assertBeyond("41 bytes", new HashConfig(1, HashKey.of(new byte[41])));
    assertBeyond("virtqueue 8", new SetQueue(8, new Coalescing(1, 1)));
    assertBeyond("virtqueue -1", new GetQueue(-1));
    assertBeyond("tunnel types 0x4", new HashTunnel(4));
    var offloads = new GuestOffloads(Set.of(NetFeature.GUEST_CSUM));
    var without = new ControlLimits(~NetFeature.GUEST_CSUM.mask(), 1, 1, 1, 0, 0, 0, 0);
    assertRefused("GUEST_CSUM was not negotiated", () -> offloads.check(without));
  }

  @Test
  @Requirement("HASHTUN-DRV-03")
  void limitsAreReadOnlyForWhatWasAcceptedAndImpossibleOnesAreNotBelieved() {
    long all = -1L;
    ControlLimits limits = ControlLimits.read(space(8, 40, 128, 0xffff_ffff), all);
    assertEquals(new ControlLimits(all, 8, 1, 1, 40, 128, 0xffff_ffffL, 0x1ff), limits);
    assertEquals(16, limits.controlQueue());
    assertEquals(new ControlLimits(0, 1, 1, 1, 0, 0, 0, 0), ControlLimits.read(unreadable(), 0));
    long mq = NetFeature.MQ.mask();
    for (int pairs : new int[] {0, 0x8001, 0xffff}) {
      assertEquals(1, ControlLimits.read(space(pairs, 0, 0, 0), mq).maxPairs());
    }
    assertEquals(0x8000, ControlLimits.read(space(0x8000, 0, 0, 0), mq).maxPairs());
  }

  private static ConfigSpace space(int pairs, int key, int table, int types) {
    ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort(8, (short) pairs).put(17, (byte) key).putShort(18, (short) table);
    bytes.putInt(20, types).putInt(24, types);
    return new ConfigSpace() {
      @Override
      public long size() {
        return bytes.capacity();
      }

      @Override
      public int read8(int offset) {
        return Byte.toUnsignedInt(bytes.get(offset));
      }

      @Override
      public int read16(int offset) {
        return Short.toUnsignedInt(bytes.getShort(offset));
      }

      @Override
      public int read32(int offset) {
        return bytes.getInt(offset);
      }
    };
  }

  private static ConfigSpace unreadable() {
    return new ConfigSpace() {
      @Override
      public long size() {
        return 0;
      }

      @Override
      public int read8(int offset) {
        throw new AssertionError("read of " + offset);
      }

      @Override
      public int read16(int offset) {
        throw new AssertionError("read of " + offset);
      }

      @Override
      public int read32(int offset) {
        throw new AssertionError("read of " + offset);
      }
    };
  }

  private static void assertBeyond(String words, ControlCommand command) {
    assertRefused(words, () -> command.check(LIMITS));
  }

  private static void assertRefused(String words, Executable wrong) {
    var refused = assertThrows(IllegalArgumentException.class, wrong);
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(words), message);
  }
}
