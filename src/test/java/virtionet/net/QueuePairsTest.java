package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which queue pair a frame goes out on. */
class QueuePairsTest {
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;

  private static byte[] ipv4(int from, int to, int protocol, int fromPort, int toPort) {
    return ByteBuffer.allocate(60)
        .putShort(12, (short) IPV4)
        .put(14, (byte) 0x45)
        .put(23, (byte) protocol)
        .putInt(26, from)
        .putInt(30, to)
        .putShort(34, (short) fromPort)
        .putShort(36, (short) toPort)
        .array();
  }

  private static int hash(byte[] frame) {
    return FlowHash.of(MemorySegment.ofArray(frame));
  }

  @Test
  void bothDirectionsOfAFlowHaveTheSameHash() {
    assertEquals(hash(ipv4(1, 2, 17, 68, 67)), hash(ipv4(2, 1, 17, 67, 68)));
  }

  @Test
  void flowsThatDifferInOnePortAreSpread() {
    Set<Integer> pairs = new HashSet<>();
    for (int port = 1024; port < 1040; port++) {
      pairs.add(hash(ipv4(1, 2, 6, port, 80)) % 4);
    }
    assertTrue(pairs.size() >= 3, pairs::toString);
  }

  @Test
  void allFragmentsOfADatagramStayTogether() {
    byte[] first = ipv4(1, 2, 17, 1000, 2000);
    first[20] = 0x20;
    byte[] second = ipv4(1, 2, 17, 0x1234, 0x5678);
    second[21] = 100;
    assertEquals(hash(first), hash(second));
  }

  @Test
  void aTagMakesNoOtherFlow() {
    byte[] plain = ipv4(1, 2, 6, 1000, 80);
    byte[] tagged = new byte[plain.length + 4];
    System.arraycopy(plain, 0, tagged, 0, 12);
    tagged[12] = (byte) 0x81;
    System.arraycopy(plain, 12, tagged, 16, plain.length - 12);
    assertEquals(hash(plain), hash(tagged));
  }

  @Test
  void ipv6FlowsAreToldApartByTheirPorts() {
    byte[] one = new byte[80];
    ByteBuffer.wrap(one).putShort(12, (short) IPV6).put(20, (byte) 17).putShort(54, (short) 7);
    byte[] other = one.clone();
    other[57] = 9;
    assertNotEquals(hash(one), hash(other));
  }

  @Test
  void aFrameCutAnywhereHasAHash() {
    byte[] whole = ipv4(1, 2, 6, 1000, 80);
    for (int length = 0; length <= whole.length; length++) {
      assertTrue(FlowHash.of(MemorySegment.ofArray(whole).asSlice(0, length)) >= 0);
    }
  }
}
