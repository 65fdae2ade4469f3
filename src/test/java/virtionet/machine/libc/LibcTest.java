package virtionet.machine.libc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;

/** The C library of this machine. */
@Timeout(60)
class LibcTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);
  private static final int PAGE = Libc.pageSize();

  @TempDir private Path folder;

  @Test
  void whoWaitsForTwoIsToldWhichOneAndTheFirstWins() {
    int first = EventFd.open();
    int second = EventFd.open();
    try {
      assertEquals(0, Poll.awaitReadable(first, second, Duration.ZERO));
      assertEquals(0, Poll.awaitReadable(first, second, Duration.ofMillis(1)));
      EventFd.signal(second);
      assertEquals(2, Poll.awaitReadable(first, second, LONG));
      EventFd.signal(first);
      assertEquals(1, Poll.awaitReadable(first, second, LONG));
      assertEquals(1, Poll.awaitReadable(first, second, LONG), "a signal stays");
    } finally {
      Libc.close(first);
      Libc.close(second);
    }
  }

  @Test
  void aMissingFileIsNamedWithTheError() {
    Path missing = folder.resolve("uio7");
    var failure = assertThrows(LibcException.class, () -> Libc.open(missing));
    assertEquals(2, failure.errno());
    assertEquals(
        "open " + missing + ": error 2 (ENOENT, no such file or directory)", failure.getMessage());
  }

  @Test
  void anErrorWithoutANameStillHasItsNumber() {
    assertEquals("error 110 (see errno(3))", Errno.describe(110));
  }

  @Test
  void aDescriptorIsClosedOnce() {
    int descriptor = EventFd.open();
    Libc.close(descriptor);
    var failure = assertThrows(LibcException.class, () -> EventFd.signal(descriptor));
    assertEquals(9, failure.errno());
    assertThrows(LibcException.class, () -> Libc.close(descriptor));
  }

  @Test
  void whatIsWrittenToAMappedFileIsInTheFile() throws Exception {
    Path file = Files.write(folder.resolve("registers"), new byte[PAGE]);
    int descriptor = Libc.open(file);
    try (Arena arena = Arena.ofConfined()) {
      long address =
          Libc.mmap(0, PAGE, Libc.PROT_READ_WRITE, Libc.MAP_SHARED, descriptor, 0, "registers");
      Libc.segment(address, PAGE, arena).set(ValueLayout.JAVA_BYTE, 0xe00, (byte) 7);
    } finally {
      Libc.close(descriptor);
    }
    assertEquals(7, Files.readAllBytes(file)[0xe00]);
  }

  @Test
  void aFileIsMadeAsLongAsItShallBe() throws Exception {
    Path file = Files.write(folder.resolve("pages"), new byte[1]);
    int descriptor = Libc.open(file);
    try {
      Libc.truncate(descriptor, 3L * PAGE, "pages");
    } finally {
      Libc.close(descriptor);
    }
    assertEquals(3L * PAGE, Files.size(file));
  }

  @Test
  void mappedMemoryThatIsGoneThrowsInsteadOfCrashing() {
    MemorySegment segment;
    try (Arena arena = Arena.ofConfined()) {
      int anonymous = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS;
      long address = Libc.mmap(0, PAGE, Libc.PROT_READ_WRITE, anonymous, -1, 0, "memory");
      segment = Libc.segment(address, PAGE, arena);
      segment.set(ValueLayout.JAVA_LONG, 0, 42);
      assertEquals(42, segment.get(ValueLayout.JAVA_LONG, 0));
    }
    assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_LONG, 0));
  }

  @Test
  void aMappingThatFailsTellsOfWhatAndWhy() {
    var failure =
        assertThrows(
            LibcException.class,
            () -> Libc.mmap(0, PAGE, Libc.PROT_READ_WRITE, Libc.MAP_SHARED, -1, 0, "/dev/uio0"));
    assertEquals(9, failure.errno());
    assertTrue(
        String.valueOf(failure.getMessage()).startsWith("mmap /dev/uio0: error 9 (EBADF"),
        failure::toString);
  }
}
