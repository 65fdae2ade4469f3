package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static virtionet.net.HashType.IPV4;
import static virtionet.net.HashType.IPV6;
import static virtionet.net.HashType.TCPV4;
import static virtionet.net.HashType.UDPV4;
import static virtionet.net.HashType.UDPV6;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
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
import virtionet.testing.Misbehaviour;
import virtionet.testing.Requirement;
import virtionet.virtio.ConfigSpace;

/** Control commands byte by byte, and what none of them can say. */
class ControlCommandTest {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");
  private static final HashKey KEY = HashKey.of(new byte[] {1, 2, 3});

  private static final Set<HashType> TYPES = Set.of(IPV4, TCPV4, UDPV4);

  /** Four pairs set up, all in use; three types of hash, two of tunnels; no RSS. */
  private static final ControlLimits LIMITS =
      new ControlLimits(~NetFeature.RSS.mask(), 8, 4, 4, new HashLimits(40, 128, TYPES), 3);

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
            new RssConfig(Set.of(TCPV4, UDPV4), 1, List.of(0, 1, 2, 3), 4, KEY),
            "0401060000000300" + "0100" + "0000010002000300" + "0400" + "03010203"),
        arguments(
            new HashConfig(Set.of(IPV4, UDPV4), KEY),
            "040205000000" + "0000000000000000" + "03010203"),
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
    assertRefused("power of two", () -> new RssConfig(Set.of(), 0, List.of(), 1, KEY));
    assertRefused("power of two", () -> new RssConfig(Set.of(), 0, List.of(0, 0, 0), 1, KEY));
    assertRefused("a hash key of 256 bytes", () -> HashKey.of(new byte[256]));
    assertRefused("MRG_RXBUF", () -> new GuestOffloads(Set.of(NetFeature.MRG_RXBUF)));
    assertRefused("-1 packets", () -> new Coalescing(-1, 0));
    assertRefused("4294967296 microseconds", () -> new Coalescing(0, 1L << 32));
    assertRefused("tunnel types", () -> new HashTunnel(1L << 32));
    HashKey noKey = HashKey.of(new byte[0]);
    assertRefused("a hash key of 0 bytes", () -> new HashConfig(TYPES, noKey));
    assertRefused("a hash key of 0 bytes", () -> new RssConfig(TYPES, 0, List.of(0), 1, noKey));
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
    assertBeyond("names 4", new RssConfig(TYPES, 0, List.of(0, 4), 4, KEY));
    assertBeyond("names -1", new RssConfig(TYPES, 0, List.of(-1, 0), 4, KEY));
    assertBeyond("names 2", new RssConfig(TYPES, 0, List.of(0, 2), 2, KEY));
    assertBeyond("unclassified frames is 4", new RssConfig(TYPES, 4, List.of(0), 4, KEY));
    assertBeyond("256", new RssConfig(TYPES, 0, Collections.nCopies(256, 0), 1, KEY));
    assertBeyond("5 queue pairs", new RssConfig(TYPES, 0, List.of(0), 5, KEY));
    assertBeyond("0 queue pairs", new RssConfig(TYPES, 0, List.of(0), 0, KEY));
    assertBeyond("not [IPV6]", new RssConfig(Set.of(IPV4, IPV6), 0, List.of(0), 1, KEY));
    assertBeyond("not [UDPV6]", new HashConfig(Set.of(UDPV6), KEY));
    HashKey longKey = HashKey.of(new byte[41]);
    assertBeyond("41 bytes", new HashConfig(TYPES, longKey));
    assertBeyond("41 bytes", new RssConfig(TYPES, 0, List.of(0), 1, longKey));
    assertBeyond("virtqueue 8", new SetQueue(8, new Coalescing(1, 1)));
    assertBeyond("virtqueue -1", new GetQueue(-1));
    assertBeyond("tunnel types 0x4", new HashTunnel(4));
    var offloads = new GuestOffloads(Set.of(NetFeature.GUEST_CSUM));
    var without = new ControlLimits(~NetFeature.GUEST_CSUM.mask(), 1, 1, 1, HashLimits.NONE, 0);
    assertRefused("GUEST_CSUM was not negotiated", () -> offloads.check(without));
  }

  @Test
  @Requirement("CVQOFF-DRV-01")
  void anOffloadIsNotSwitchedOnWithoutTheOneThatItNeeds() {
    assertBeyond(
        "offload GUEST_TSO4 needs GUEST_CSUM, which is to be off",
        new GuestOffloads(Set.of(NetFeature.GUEST_TSO4)));
    assertBeyond(
        "offload GUEST_ECN needs GUEST_TSO4 or GUEST_TSO6, which is to be off",
        new GuestOffloads(Set.of(NetFeature.GUEST_ECN, NetFeature.GUEST_CSUM)));
    var whole =
        new GuestOffloads(
            Set.of(NetFeature.GUEST_ECN, NetFeature.GUEST_TSO6, NetFeature.GUEST_CSUM));
    assertDoesNotThrow(() -> whole.check(LIMITS));
    assertDoesNotThrow(() -> new GuestOffloads(Set.of()).check(LIMITS));
  }

  /** What RssConfig says, HashConfig would take back on one device and not on another. */
  @Test
  void whereRssWasNegotiatedTheHashesAreThoseOfItsConfiguration() {
    var limits = new ControlLimits(-1L, 8, 4, 4, new HashLimits(40, 128, TYPES), 3);
    var hashes = new HashConfig(TYPES, KEY);
    assertRefused("RSS was negotiated", () -> hashes.check(limits));
    RssConfig even = RssConfig.even(limits.hashes(), 3);
    assertDoesNotThrow(() -> even.check(limits));
    assertEquals(128, even.table().size());
    assertEquals(Set.of(0, 1, 2), Set.copyOf(even.table()));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "100, 64", "128, 128", "65535, 128"})
  void aTableOfOursFitsIntoWhatTheDeviceHas(int room, int length) {
    var limits = new ControlLimits(-1L, 8, 4, 4, new HashLimits(40, room, TYPES), 3);
    RssConfig even = RssConfig.even(limits.hashes(), 4);
    assertEquals(length, even.table().size());
    assertDoesNotThrow(() -> even.check(limits));
  }

  @Test
  @Requirement("HASHTUN-DRV-03")
  @Misbehaviour("H96")
  void limitsAreReadOnlyForWhatWasAcceptedAndImpossibleOnesAreNotBelieved() {
    long all = -1L;
    ControlLimits limits = ControlLimits.read(space(8, 40, 128, 0xffff_ffff), all);
    var hashes = new HashLimits(40, 128, EnumSet.allOf(HashType.class));
    assertEquals(new ControlLimits(all, 8, 1, 1, hashes, 0x1ff), limits);
    assertEquals(16, limits.controlQueue());
    assertEquals(
        new ControlLimits(0, 1, 1, 1, HashLimits.NONE, 0), ControlLimits.read(unreadable(), 0));
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
