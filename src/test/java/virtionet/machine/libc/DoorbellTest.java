package virtionet.machine.libc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtionet.testing.Allocated;
import virtionet.testing.HandedFile;

/** What the driver does with files that another process has as well: it never waits for it. */
@Timeout(60)
class DoorbellTest {
  private static final int MANY = 10_000;

  /** The last value that fits: whoever adds 1 to it waits, unless the file says otherwise. */
  private static final long FULL = -2;

  @Test
  void aRingIsHeardAsThatOfAnEventfd() {
    try (var doorbell = Doorbell.open()) {
      HandedFile.makeBlocking(doorbell.handed());
      assertEquals(false, isReadable(doorbell.handed()));
      doorbell.ring();
      assertEquals(true, isReadable(doorbell.handed()));
      assertEquals(1, HandedFile.read(doorbell.handed()));
      assertEquals(false, isReadable(doorbell.handed()));
    }
  }

  private static boolean isReadable(int descriptor) {
    return Poll.awaitReadable(descriptor, descriptor, Duration.ZERO) != 0;
  }

  @Test
  void whoDoesNotListenHoldsNobodyUp() {
    try (var doorbell = Doorbell.open()) {
      HandedFile.makeBlocking(doorbell.handed());
      for (int i = 0; i < MANY; i++) {
        doorbell.ring();
      }
      int waiting = 0;
      while (isReadable(doorbell.handed())) {
        assertEquals(1, HandedFile.read(doorbell.handed()));
        waiting++;
      }
      assertTrue(waiting > 0 && waiting < 64, () -> "what waits is little memory");
      doorbell.ring();
      assertTrue(isReadable(doorbell.handed()), "it is heard again");
    }
  }

  /** An eventfd that is handed over is made so, and each ring waits for ever. */
  @Test
  void whoWritesToItsEndHoldsNobodyUp() {
    try (var doorbell = Doorbell.open()) {
      HandedFile.write(doorbell.handed(), FULL);
      HandedFile.makeBlocking(doorbell.handed());
      doorbell.ring();
      assertEquals(1, HandedFile.read(doorbell.handed()));
    }
  }

  @Test
  void ringingForOneWhoHasGoneIsNoError() {
    try (var doorbell = Doorbell.open()) {
      doorbell.handedOver();
      doorbell.handedOver();
      doorbell.ring();
    }
  }

  @Test
  void afterTheCloseNothingIsRung() {
    var doorbell = Doorbell.open();
    doorbell.close();
    doorbell.close();
    doorbell.ring();
    doorbell.handedOver();
  }

  /** Its reads wait, and nothing comes: whoever was handed it has taken what was there. */
  @Test
  void drainingAnEventfdThatOthersHaveMadeBlockingDoesNotWait() {
    int eventfd = EventFd.open();
    try {
      HandedFile.makeBlocking(eventfd);
      EventFd.drain(eventfd);
      EventFd.signal(eventfd);
      EventFd.drain(eventfd);
      assertEquals(false, isReadable(eventfd));
    } finally {
      Libc.close(eventfd);
    }
    var failure = assertThrows(LibcException.class, () -> EventFd.drain(eventfd));
    assertEquals(9, failure.errno());
  }

  @Test
  void ringingAndDrainingAllocateNothing() {
    int eventfd = EventFd.open();
    try (var doorbell = Doorbell.open()) {
      doorbell.handedOver();
      Allocated.assertSettlesAtNothing(doorbell::ring);
      Allocated.assertSettlesAtNothing(() -> EventFd.signal(eventfd));
      Allocated.assertSettlesAtNothing(() -> EventFd.drain(eventfd));
    } finally {
      Libc.close(eventfd);
    }
    try (var unheard = Doorbell.open()) {
      Allocated.assertSettlesAtNothing(unheard::ring);
    }
  }
}
