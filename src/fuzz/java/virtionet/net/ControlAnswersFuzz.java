package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.CoalescingCommand.GetQueue;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.ControlOutcome.Accepted;
import virtionet.net.ControlOutcome.Rejected;
import virtionet.net.ControlOutcome.Unintelligible;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.ModelSettings;
import virtionet.virtio.RingViolation;

/**
 * Whatever a device answers to a command, of whatever length it says it is, is an outcome that the
 * acknowledgement alone decides, or a broken ring.
 */
class ControlAnswersFuzz {
  private static final ModelSettings DEVICE =
      ModelSettings.modern().offering(ModelSettings.CONTROL);
  private static final int PREFIX = 9;
  private static final int RIGHT = -1;

  static Stream<byte[]> answers() {
    return Stream.of(
        answer(0, -1, 9, new byte[9]),
        answer(0, -1, 8, new byte[8]),
        answer(1, -1, 1, new byte[1]),
        answer(1, -1, 0xffff_ffff, new byte[] {1}),
        answer(1, 7, 1, new byte[1]));
  }

  /**
   * @param command 0 to ask for values, else to set something
   * @param id the used buffer's; -1 for the right one
   */
  private static byte[] answer(int command, int id, int claimed, byte[] written) {
    return ByteBuffer.allocate(PREFIX + written.length)
        .put((byte) command)
        .putInt(id)
        .putInt(claimed)
        .put(written)
        .array();
  }

  @MethodSource("answers")
  @FuzzTest
  void anAnswerHasAnOutcome(byte[] bytes) {
    if (bytes.length < PREFIX) {
      return;
    }
    ByteBuffer input = ByteBuffer.wrap(bytes);
    ControlCommand command = input.get() == 0 ? new GetQueue(0) : new AddVlan(5);
    try (var device = new SmallDevice(DEVICE, ReceivedFrames.COMPLETE)) {
      TestDevice up = device.up();
      ControlQueue queue = up.device().controlQueue().orElseThrow();
      DeviceSideRing ring = up.model().ring(2);
      // The model is not told: the answer comes from here.
      ring.disableNotifications();
      queue.submit(command);
      DeviceSideRing.Chain chain = ring.take().orElseThrow();
      int id = input.getInt();
      int claimed = input.getInt();
      int writable = (int) Math.min(chain.writable(), bytes.length - PREFIX);
      byte[] written = Arrays.copyOfRange(bytes, PREFIX, PREFIX + writable);
      chain.write(written);
      ring.rawUse(id == RIGHT ? chain.head() : id, claimed);
      if (id == RIGHT || id == chain.head()) {
        check(command, written, queue.poll());
        assertFalse(queue.isBusy());
      } else {
        assertThrows(RingViolation.class, queue::poll);
      }
    }
  }

  private static void check(
      ControlCommand command, byte[] written, Optional<ControlOutcome> outcome) {
    int at = command.replyLength();
    int acknowledgement = at < written.length ? written[at] & 0xff : 0xff;
    switch (outcome.orElseThrow()) {
      case Accepted accepted -> {
        assertEquals(0, acknowledgement);
        assertArrayEquals(Arrays.copyOf(written, at), accepted.reply());
        if (command instanceof GetQueue get) {
          Coalescing values = get.decode(accepted.reply());
          assertEquals(
              values, get.decode(ControlCommand.encode(Coalescing.LENGTH, values::encode)));
        }
      }
      case Rejected() -> assertEquals(1, acknowledgement);
      case Unintelligible(int said) -> assertEquals(acknowledgement, said);
    }
  }
}
