package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.virtio.VirtioException;

/** Where the buffers are: each in one place, whatever is done with the frames in them. */
class BufferBalanceTest {
  /** Of each of the two queues; one has four times as many buffers, the other three times. */
  private static final int QUEUE = 8;

  private static final int ALL = 7 * QUEUE;

  private static TestDevice up() {
    return TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(QUEUE));
  }

  @Test
  void aFrameThatComesAndIsSentBackIsPostedLentInFlightAndFree() {
    try (TestDevice up = up()) {
      KeptState kept = up.device().kept();
      assertEquals(new BufferBalance(ALL, QUEUE, 0, 0, 6 * QUEUE, 0), kept.buffers());

      List<Frame> frames = new ArrayList<>();
      assertTrue(up.model().receive(TestDevice.frame(1, 60)));
      up.device().receiveQueue().receive(frames::add, 1);
      assertEquals(new BufferBalance(ALL, QUEUE, 0, 1, 6 * QUEUE - 1, 0), kept.buffers());

      up.device().transmitQueue().send(frames.getFirst());
      up.device().transmitQueue().flush();
      assertEquals(new BufferBalance(ALL, QUEUE, 1, 0, 6 * QUEUE - 1, 0), kept.buffers());
      assertTrue(up.device().isConserved());

      up.device().transmitQueue().reap();
      assertEquals(new BufferBalance(ALL, QUEUE, 0, 0, 6 * QUEUE, 0), kept.buffers());
    }
  }

  @Test
  void whatADeviceKeepsThatDoesNotResetIsInQuarantineAndAHeldFrameGoesThereWithItsRelease() {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern().with(Fault.NEVER_RESETS));
    NetDevice device = TestDevice.bringUp(machine, TestDevice.netSettings(QUEUE));
    Frame held = device.transmitQueue().allocate(60).orElseThrow();
    device.transmitQueue().send(Frame.ofLength(60));
    assertThrows(VirtioException.class, device::end);
    assertEquals(new BufferBalance(ALL, 0, 0, 1, 0, ALL - 1), device.kept().buffers());
    held.release();
    assertEquals(new BufferBalance(ALL, 0, 0, 0, 0, ALL), device.kept().buffers());
  }

  @Test
  void aFrameThatIsHeldOverTheEndIsAllThatIsLeft() {
    NetDevice device = up().device();
    Frame held = device.transmitQueue().allocate(60).orElseThrow();
    device.end();
    BufferBalance after = device.kept().buffers();
    assertEquals(1, after.lent());
    assertEquals(0, after.posted());
    assertTrue(after.isConserved());
    held.release();
    assertEquals(0, device.kept().buffers().total());
  }

  @Test
  void aMissingBufferAndOneTooManyShow() {
    assertTrue(new BufferBalance(8, 1, 2, 2, 1, 2).isConserved());
    assertFalse(new BufferBalance(8, 1, 2, 1, 1, 2).isConserved());
    assertFalse(new BufferBalance(8, 1, 2, 2, 2, 2).isConserved());
    assertFalse(new BufferBalance(8, 5, 2, -1, 1, 1).isConserved());
  }
}
