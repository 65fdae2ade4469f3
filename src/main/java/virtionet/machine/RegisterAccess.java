package virtionet.machine;

/** The checks that each kind of {@link Registers} makes before it touches a device. */
public final class RegisterAccess {
  private RegisterAccess() {}

  /**
   * Refuses an access that is not within the window, or not aligned to its width.
   *
   * @param width bytes: 1, 2 or 4
   * @param size bytes in the window
   */
  public static void check(long offset, int width, long size) {
    if (offset < 0 || offset > size - width) {
      throw new IndexOutOfBoundsException(
          "register access of %d bytes at 0x%x: the window has 0x%x bytes"
              .formatted(width, offset, size));
    }
    if (offset % width != 0) {
      throw new IllegalArgumentException(
          "register access of %d bytes at 0x%x: must be aligned".formatted(width, offset));
    }
  }
}
