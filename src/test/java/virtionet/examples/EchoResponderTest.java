package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestBytes;

/** The second example of docs/examples.md. */
class EchoResponderTest {
  private static final String OURS = "525400123456";
  private static final String PEER = "020000000001";
  private static final int ADDRESS = 0x0a63_0002;
  private static final int PING_HEADERS = 42;

  @Test
  void arpIsAnsweredWithTheDevicesAddress() {
    assertEquals(
        List.of(PEER + OURS + "0806" + "0001080006040002" + OURS + "0a630002" + PEER + "0a630001"),
        answers(List.of(hex(arp("0a630002"))), 1).stream().map(HexFormat.of()::formatHex).toList());
  }

  private static String arp(String whoHas) {
    return "ffffffffffff"
        + PEER
        + "0806"
        + "0001080006040001"
        + PEER
        + "0a630001"
        + "000000000000"
        + whoHas;
  }

  /** Of each length, so that the checksum's carry is there and is not. */
  @Test
  void eachPingComesBackWithItsDataAndChecksumsThatAreRight() {
    List<byte[]> pings = new ArrayList<>();
    for (int length = 0; length < 1_400; length++) {
      pings.add(ping(length));
    }
    List<byte[]> answers = answers(pings, pings.size());
    for (int i = 0; i < pings.size(); i++) {
      byte[] answer = answers.get(i);
      assertEquals(PEER + OURS + "0800", HexFormat.of().formatHex(answer, 0, 14));
      assertEquals("0a6300020a630001", HexFormat.of().formatHex(answer, 26, 34));
      assertEquals(0, answer[34], "an echo reply");
      assertEquals(0xffff, sum(answer, 14, 34), "the IPv4 header's checksum");
      assertEquals(0xffff, sum(answer, 34, answer.length), "the ICMP checksum, length " + i);
      assertArrayEquals(data(pings.get(i)), data(answer));
    }
  }

  private static byte[] data(byte[] frame) {
    return Arrays.copyOfRange(frame, 38, frame.length);
  }

  @Test
  void whatIsNoQuestionForUsIsReleasedWithoutAnAnswer() {
    List<byte[]> frames = new ArrayList<>();
    for (int length = 14; length < 1_500; length++) {
      frames.add(TestBytes.frame(length, length));
    }
    frames.add(hex(arp("0a630003")));
    frames.add(changed(0x46, 14)); // with IP options
    frames.add(changed(0x20, 20)); // a fragment
    frames.add(changed(17, 23)); // UDP
    frames.add(changed(3, 33)); // to somebody else
    frames.add(changed(0, 34)); // an answer
    frames.add(hex(arp("0a630002"))); // the last one is one
    List<byte[]> answers = answers(frames, 1);
    assertEquals(0x0806, ByteBuffer.wrap(answers.getFirst()).getShort(12));
  }

  private static byte[] changed(int value, int at) {
    byte[] frame = ping(20);
    frame[at] = (byte) value;
    return frame;
  }

  /** That many answers, and no more; each buffer is back when the driver has ended. */
  private static List<byte[]> answers(List<byte[]> frames, int count) {
    ModelSettings card = ModelSettings.modern().offering(ModelSettings.RING_PACKED);
    try (DriverOnModel driver = DriverOnModel.of(card)) {
      var responder = new EchoResponder(MacAddress.parse("52:54:00:12:34:56"), ADDRESS);
      DriverOnModel.await(driver.net().flow().join(responder.flow()).run(driver.system()));
      List<byte[]> answers = new ArrayList<>();
      for (byte[] frame : frames) {
        DriverOnModel.until("room to receive", () -> driver.device().receive(frame));
        answers.addAll(driver.device().takeTransmitted());
      }
      DriverOnModel.until(
          "the answers",
          () -> {
            answers.addAll(driver.device().takeTransmitted());
            return answers.size() >= count;
          });
      driver.stopWithoutATrace();
      answers.addAll(driver.device().takeTransmitted());
      assertEquals(count, answers.size());
      return answers;
    }
  }

  private static byte[] ping(int length) {
    var bytes = ByteBuffer.allocate(PING_HEADERS + length);
    bytes.put(hex(OURS + PEER + "0800"));
    bytes.putShort((short) 0x4500).putShort((short) (28 + length)).putInt(0x1234_4000);
    bytes.putShort((short) 0x4001).putShort((short) 0).putInt(0x0a63_0001).putInt(ADDRESS);
    bytes.put((byte) 8).put((byte) 0).putShort((short) 0).putInt(0x0001_0000 + length);
    bytes.put(Arrays.copyOf(TestBytes.frame(length, length + 14), length));
    byte[] frame = bytes.array();
    bytes.putShort(24, (short) ~sum(frame, 14, 34));
    bytes.putShort(36, (short) ~sum(frame, 34, frame.length));
    return frame;
  }

  /** The one's complement sum (RFC 1071). */
  private static int sum(byte[] bytes, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += (bytes[i] & 0xff) << ((i - from) % 2 == 0 ? 8 : 0);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return sum;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
