package virtionet.machine.vhost;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where the back-end is and what it is given.
 *
 * @param socket its socket, or ours if it is the one that connects
 * @param server whether this side makes the socket and the back-end connects to it
 * @param memory bytes of the memory that is shared with it
 * @param huge whether that is to be of huge pages
 * @param timeout how long it may take to be there, and to answer each message
 */
public record VhostUserOptions(
    Path socket, boolean server, long memory, HugePagesWish huge, Duration timeout) {

  /** Whether the shared memory is of huge pages. */
  public enum HugePagesWish {
    /** Where there are enough of them. */
    TRY,
    /** Or the machine is not opened. */
    REQUIRE,
    NEVER
  }

  private static final long LEAST_MEMORY = 1 << 20;

  public VhostUserOptions {
    if (socket.toString().isBlank()) {
      throw new IllegalArgumentException("socket: none is named; name the back-end's");
    }
    if (memory < LEAST_MEMORY) {
      throw new IllegalArgumentException("memory: %d bytes are less than 1 MiB".formatted(memory));
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout: %s: must be more than 0".formatted(timeout));
    }
  }
}
