package virtionet.machine.linux;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/**
 * Lets one process at a time look who has what and take something: two that start at once would
 * both find a device free, or the one reset a device of a dead process that the other drives
 * already. The kernel lifts it when its process is killed.
 */
final class StartLock implements AutoCloseable {
  private static final long LOOK_AGAIN_MILLIS = 10;

  /** A file's lock is the process's: between its threads another one decides. */
  private static final Semaphore IN_THIS_PROCESS = new Semaphore(1);

  private final FileChannel channel;

  private StartLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for its turn.
   *
   * @throws MachineException when another one keeps it for longer than that
   * @throws MachineUnavailableException when the process may not
   */
  static StartLock take(LinuxPaths paths, Duration patience) {
    Path file = paths.notes().resolve("lock");
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      if (!IN_THIS_PROCESS.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw busy(file);
      }
    } catch (InterruptedException e) {
      throw interrupted(file, e);
    }
    try {
      return new StartLock(lock(file, deadline));
    } catch (RuntimeException e) {
      IN_THIS_PROCESS.release();
      throw e;
    }
  }

  private static FileChannel lock(Path file, long deadline) {
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        while (channel.tryLock() == null) {
          if (System.nanoTime() - deadline > 0) {
            throw busy(file);
          }
          Thread.sleep(LOOK_AGAIN_MILLIS);
        }
        return channel;
      } catch (IOException | InterruptedException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (InterruptedException e) {
      throw interrupted(file, e);
    } catch (IOException e) {
      throw new MachineUnavailableException(
          "%s cannot be locked: %s; run as root".formatted(file, e), e);
    }
  }

  private static MachineException busy(Path file) {
    return new MachineException(
        "another process is taking or giving back devices: it does not let go of %s"
            .formatted(file));
  }

  private static MachineException interrupted(Path file, InterruptedException e) {
    Thread.currentThread().interrupt();
    return new MachineException("interrupted while waiting for " + file, e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new MachineException("the lock of the notes cannot be given back: " + e, e);
    } finally {
      IN_THIS_PROCESS.release();
    }
  }
}
