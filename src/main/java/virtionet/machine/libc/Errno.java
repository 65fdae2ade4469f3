package virtionet.machine.libc;

import java.util.Map;

/** Error numbers of Linux that the driver meets (asm-generic, the same on all its machines). */
public final class Errno {
  public static final int EPERM = 1;
  public static final int EINTR = 4;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  static final int EPIPE = 32;
  static final int ECONNRESET = 104;
  static final int ENOTCONN = 107;
  static final int ECONNREFUSED = 111;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM, operation not permitted"),
          Map.entry(2, "ENOENT, no such file or directory"),
          Map.entry(EINTR, "EINTR, interrupted"),
          Map.entry(5, "EIO, input/output error"),
          Map.entry(6, "ENXIO, no such device or address"),
          Map.entry(9, "EBADF, bad file descriptor"),
          Map.entry(EAGAIN, "EAGAIN, try again"),
          Map.entry(ENOMEM, "ENOMEM, not enough memory"),
          Map.entry(13, "EACCES, permission denied"),
          Map.entry(16, "EBUSY, device or resource busy"),
          Map.entry(17, "EEXIST, file exists"),
          Map.entry(19, "ENODEV, no such device"),
          Map.entry(22, "EINVAL, invalid argument"),
          Map.entry(24, "EMFILE, too many open files"),
          Map.entry(28, "ENOSPC, no space left"),
          Map.entry(EPIPE, "EPIPE, the other side is gone"),
          Map.entry(38, "ENOSYS, the kernel does not know this call"),
          Map.entry(98, "EADDRINUSE, address in use"),
          Map.entry(ECONNRESET, "ECONNRESET, the other side is gone"),
          Map.entry(ECONNREFUSED, "ECONNREFUSED, nobody listens"));

  private Errno() {}

  public static String describe(int errno) {
    return "error %d (%s)".formatted(errno, NAMES.getOrDefault(errno, "see errno(3)"));
  }
}
