package virtionet.observe.pcap;

/**
 * When a capture goes on in a new file: {@code name.pcapng}, {@code name-2.pcapng}, and so on.
 *
 * @param bytes the most in one file, its last block of statistics aside; a file has one frame at
 *     least
 * @param frames the most in one file
 * @param files how many of them are kept: the oldest is deleted before there would be one more
 * @see PcapTap
 */
public record Rotation(long bytes, long frames, int files) {
  /** All in one file. */
  public static final Rotation NEVER =
      new Rotation(Long.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE);

  /**
   * @throws IllegalArgumentException when one of them is below 1
   */
  public Rotation {
    if (bytes < 1 || frames < 1 || files < 1) {
      throw new IllegalArgumentException(
          "rotation at %d bytes or %d frames, keeping %d files: each must be 1 or more"
              .formatted(bytes, frames, files));
    }
  }

  /** A new file when one has so many bytes. */
  public static Rotation atBytes(long bytes) {
    return new Rotation(bytes, Long.MAX_VALUE, Integer.MAX_VALUE);
  }

  /** A new file when one has so many frames. */
  public static Rotation atFrames(long frames) {
    return new Rotation(Long.MAX_VALUE, frames, Integer.MAX_VALUE);
  }

  /** The same, and only the newest files are kept. */
  public Rotation keeping(int newest) {
    return new Rotation(bytes, frames, newest);
  }
}
