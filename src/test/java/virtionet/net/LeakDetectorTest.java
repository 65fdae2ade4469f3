package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.until;

import ch.qos.logback.classic.Level;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;

/** Frames that are not released are told of by where they were taken. */
class LeakDetectorTest {
  private final CapturedLog log = new CapturedLog(Level.WARN);

  @AfterEach
  void closeLog() {
    log.close();
  }

  private static NetDevice device(KeptState kept) {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    return TestDevice.bringUp(machine, TestDevice.netSettings(8), kept);
  }

  private static void takeAndForget(NetDevice device, int length) {
    device.transmitQueue().allocate(length).orElseThrow().touch("a forgetful stage");
  }

  @Test
  void aForgottenFrameIsToldOfOnceWithTheLineThatTookItAndItsHolder() {
    NetDevice device = device(new KeptState(true));
    takeAndForget(device, 77);
    until(
        "it is found",
        () -> {
          System.gc();
          return device.counters().get(Counter.FRAMES_LEAKED) == 1;
        });
    String expected = "77 bytes, last seen with a forgetful stage was never released";
    assertEquals(1, log.lines(Level.WARN, expected).size());
    assertTrue(
        log.traces(Level.WARN).stream()
            .anyMatch(at -> at.getStackTraceElement().getMethodName().equals("takeAndForget")));
    device.end();
  }

  /** The segment outlives the frame: what it shows must not become another frame's. */
  @Test
  void theBufferOfAForgottenFrameIsNotGivenToAnother() {
    NetDevice device = device(new KeptState(true));
    MemorySegment kept = device.transmitQueue().allocate(60).orElseThrow().segment();
    until(
        "it is found",
        () -> {
          System.gc();
          return device.counters().get(Counter.FRAMES_LEAKED) == 1;
        });
    assertEquals(1, device.kept().buffers().lent());
    for (int i = 0; i < 7; i++) {
      Frame other = device.transmitQueue().allocate(60).orElseThrow();
      assertTrue(other.segment().asOverlappingSlice(kept).isEmpty());
      other.touch("the test");
      device.transmitQueue().send(other);
    }
    device.end();
  }

  @Test
  void whatIsReleasedOrSentIsNoLeak() {
    NetDevice device = device(new KeptState(true));
    device.transmitQueue().allocate(60).orElseThrow().release();
    device.transmitQueue().send(device.transmitQueue().allocate(60).orElseThrow());
    takeAndForget(device, 78);
    until(
        "the forgotten one is found",
        () -> {
          System.gc();
          return device.counters().get(Counter.FRAMES_LEAKED) > 0;
        });
    assertEquals(1, device.counters().get(Counter.FRAMES_LEAKED));
    device.end();
  }

  @Test
  void aFrameThatIsHeldLongAfterTheEndIsToldOf() {
    KeptState kept = new KeptState(true);
    NetDevice device = device(kept);
    Frame held = device.transmitQueue().allocate(60).orElseThrow();
    device.end();
    kept.end();
    until("it is told of", () -> !log.lines(Level.WARN, "1 frame(s) are still held").isEmpty());
    held.release();
    assertEquals(0, kept.buffers().total());
    assertEquals(0, kept.counters().get(Counter.FRAMES_LEAKED));
  }

  @Test
  void aTestThatHoldsAFrameBeyondItsEndFails() {
    var driver = DriverOnModel.of(ModelSettings.modern());
    Frame held = driver.connected().connected().allocate(60);
    var failure = assertThrows(AssertionError.class, driver::close);
    assertTrue(String.valueOf(failure.getMessage()).contains("lent=1"), failure::getMessage);
    held.release();
    assertEquals(List.of(), driver.device().violations());
  }
}
