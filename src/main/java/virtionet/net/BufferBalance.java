package virtionet.net;

/**
 * Where the buffers of a device are. Each kind is counted where it is kept, so that the sum is a
 * check and not a matter of course; exact while nothing moves, and off by no more than what moves.
 *
 * @param total all buffers that were made and whose memory was not given back
 * @param posted with the device, for frames to be received
 * @param inFlight with the device, for frames to be transmitted
 * @param lent frames of theirs are held by clients, or are between a client and the device
 * @param free none of this
 * @param quarantined withdrawn from the present machine for good, since a device did not confirm
 *     its reset; those of them whose frames clients still hold count as lent
 */
public record BufferBalance(
    int total, int posted, int inFlight, int lent, int free, int quarantined) {
  static final BufferBalance NOTHING = new BufferBalance(0, 0, 0, 0, 0, 0);

  /** Whether each buffer is in one place and none is missing. */
  public boolean isConserved() {
    return posted >= 0 && lent >= 0 && posted + inFlight + lent + free + quarantined == total;
  }

  BufferBalance plus(BufferBalance other) {
    return new BufferBalance(
        total + other.total,
        posted + other.posted,
        inFlight + other.inFlight,
        lent + other.lent,
        free + other.free,
        quarantined + other.quarantined);
  }
}
