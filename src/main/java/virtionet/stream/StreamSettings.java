package virtionet.stream;

import java.time.Duration;

/**
 * How a stream hangs on a device.
 *
 * @param receiveHandOff received frames that wait for the stream at the most; beyond, the newest is
 *     dropped and counted
 * @param transmitHandOff frames that wait for room in the transmit ring at the most; beyond, the
 *     stream is back-pressured
 * @param batchSize frames of a {@link virtionet.net.FrameBatch} at the most
 * @param connectTimeout how long the driver may take to answer
 * @see virtionet.VirtioNet
 */
public record StreamSettings(
    int receiveHandOff, int transmitHandOff, int batchSize, Duration connectTimeout) {
  public StreamSettings {
    requirePositive("receive-hand-off", receiveHandOff);
    requirePositive("transmit-hand-off", transmitHandOff);
    requirePositive("batch-size", batchSize);
    if (connectTimeout.isZero() || connectTimeout.isNegative()) {
      throw new IllegalArgumentException("connect-timeout " + connectTimeout + ": must be above 0");
    }
  }

  private static void requirePositive(String setting, int frames) {
    if (frames < 1 || frames > 1 << 20) {
      throw new IllegalArgumentException(
          "%s %d: must be from 1 to %d frames".formatted(setting, frames, 1 << 20));
    }
  }
}
