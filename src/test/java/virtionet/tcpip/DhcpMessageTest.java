package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DHCP messages as bytes: right ones, odd ones, damaged ones. */
class DhcpMessageTest {
  private static final int OPTIONS = 240;
  private static final int ROUNDS = 50_000;

  private static byte[] bytes(DhcpMessages message) {
    return message.bytes();
  }

  /** A message whose options are these bytes, and nothing after. */
  private static byte[] withOptions(int... options) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(Arrays.copyOf(bytes(DhcpMessages.of(DhcpMessage.OFFER)), OPTIONS));
    for (int option : options) {
      bytes.write(option);
    }
    return bytes.toByteArray();
  }

  private static DhcpMessage decoded(byte[] bytes) {
    return DhcpMessage.decode(bytes).orElseThrow();
  }

  @Test
  void whatWasEncodedIsDecodedAgain() {
    DhcpMessage message =
        DhcpMessages.of(DhcpMessage.OFFER).transaction(0x89abcdef).text(56, "hello").message();
    DhcpMessage again = decoded(message.encode());
    assertEquals(message.fromServer(), again.fromServer());
    assertEquals(message.transaction(), again.transaction());
    assertEquals(message.clientAddress(), again.clientAddress());
    assertEquals(message.yourAddress(), again.yourAddress());
    assertEquals(message.client(), again.client());
    assertEquals(message.options().keySet(), again.options().keySet());
    message.options().forEach((code, value) -> assertArrayEquals(value, again.options().get(code)));
  }

  @Test
  void aShortMessageIsFilledUpForOldRelays() {
    assertEquals(300, bytes(DhcpMessages.of(DhcpMessage.DISCOVER)).length);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,3", "1,6", "2,5", "2,16", "236,0", "239,0"})
  void anotherOperationHardwareOrCookieIsNoMessage(int offset, int value) {
    byte[] bytes = bytes(DhcpMessages.of(DhcpMessage.OFFER));
    bytes[offset] = (byte) value;
    assertEquals(Optional.empty(), DhcpMessage.decode(bytes));
  }

  @Test
  void aMessageCutOffBeforeItsOptionsIsNone() {
    byte[] bytes = bytes(DhcpMessages.of(DhcpMessage.OFFER));
    for (int length = 0; length < OPTIONS; length++) {
      assertEquals(Optional.empty(), DhcpMessage.decode(Arrays.copyOf(bytes, length)));
    }
  }

  @Test
  void anOptionThatIsCutOffMakesTheMessageNone() {
    assertEquals(Optional.empty(), DhcpMessage.decode(withOptions(53)));
    assertEquals(Optional.empty(), DhcpMessage.decode(withOptions(53, 1)));
    assertEquals(Optional.empty(), DhcpMessage.decode(withOptions(53, 1, 2, 1, 255, 0)));
  }

  @Test
  void paddingIsSkippedTheEndMayBeMissingAndNothingAfterItCounts() {
    assertEquals(2, decoded(withOptions(0, 0, 53, 1, 2)).type());
    assertEquals(Map.of(), decoded(withOptions()).options());
    assertEquals(0, decoded(withOptions(255, 53, 1, 2)).type());
  }

  @Test
  void anOptionInPiecesIsJoinedInTheirOrder() {
    DhcpMessage message = decoded(withOptions(6, 3, 1, 2, 3, 53, 1, 5, 6, 5, 4, 5, 6, 7, 8, 255));
    assertEquals(
        List.of(Ipv4Address.of(1, 2, 3, 4), Ipv4Address.of(5, 6, 7, 8)),
        message.addresses(DhcpMessage.DNS));
    assertEquals(5, message.type());
  }

  @Test
  void aValueOfAnotherLengthIsAsGoodAsNone() {
    DhcpMessage message = decoded(withOptions(53, 2, 5, 5, 51, 3, 0, 0, 1, 6, 3, 1, 2, 3, 3, 0));
    assertEquals(0, message.type());
    assertEquals(Optional.empty(), message.seconds(DhcpMessage.LEASE_TIME));
    assertEquals(List.of(), message.addresses(DhcpMessage.DNS));
    assertEquals(Optional.empty(), message.address(DhcpMessage.ROUTER));
    assertEquals(Optional.empty(), message.address(DhcpMessage.SERVER));
  }

  @Test
  void theLongestTimeIsNotNegative() {
    DhcpMessage message = DhcpMessages.of(DhcpMessage.OFFER).seconds(51, -1).message();
    assertEquals(
        Optional.of(Duration.ofSeconds(0xffff_ffffL)), message.seconds(DhcpMessage.LEASE_TIME));
  }

  @Test
  void anOptionBeyondItsLengthFieldIsRefused() {
    DhcpMessage message = DhcpMessages.of(DhcpMessage.OFFER).text(56, "x".repeat(256)).message();
    assertThrows(IllegalArgumentException.class, message::encode);
  }

  @Test
  void whateverTheBytesAreTheyAreReadOrRefused() {
    for (long seed : List.of(20261124L, System.nanoTime())) {
      var random = new Random(seed);
      int read = 0;
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = damaged(random);
        try {
          Optional<DhcpMessage> message = DhcpMessage.decode(bytes);
          message.ifPresent(DhcpMessageTest::useAll);
          read += message.isPresent() ? 1 : 0;
        } catch (RuntimeException e) {
          fail("seed %d, round %d".formatted(seed, round), e);
        }
      }
      assertTrue(read > ROUNDS / 20 && read < ROUNDS, "both happened, with seed " + seed);
    }
  }

  private static byte[] damaged(Random random) {
    byte[] bytes = bytes(DhcpMessages.of(random.nextInt(8)));
    if (random.nextInt(4) == 0) {
      random.nextBytes(bytes);
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes[OPTIONS + random.nextInt(40)] = (byte) random.nextInt();
    }
    if (random.nextInt(4) == 0) {
      byte[] options = new byte[random.nextInt(300)];
      random.nextBytes(options);
      bytes = Arrays.copyOf(bytes, OPTIONS + options.length);
      System.arraycopy(options, 0, bytes, OPTIONS, options.length);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private static void useAll(DhcpMessage message) {
    for (int code = 0; code < 256; code++) {
      message.addresses(code);
      message.seconds(code);
    }
    Lease.of(message)
        .ifPresent(
            lease -> {
              assertTrue(lease.renewal().isPositive(), () -> "T1 of " + lease);
              assertTrue(lease.renewal().compareTo(lease.rebinding()) < 0, () -> "T2 of " + lease);
              assertTrue(lease.rebinding().compareTo(lease.duration()) < 0, () -> "of " + lease);
            });
  }
}
