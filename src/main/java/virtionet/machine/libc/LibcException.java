package virtionet.machine.libc;

import virtionet.machine.MachineException;

/** A system call failed; the message names the call, its subject and the error. */
public final class LibcException extends MachineException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  LibcException(String call, int errno) {
    super("%s: %s".formatted(call, Errno.describe(errno)));
    this.errno = errno;
  }

  /** The system's error number. */
  public int errno() {
    return errno;
  }
}
