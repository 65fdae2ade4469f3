package virtionet.net;

/**
 * What a device is to hash received frames for, where it can.
 *
 * @param steer choose a frame's queue pair by its hash (RSS, VirtIO 1.3 §5.1.6.5.7), not by the
 *     pair that its flow was sent on (automatic steering, §5.1.6.5.6); with several pairs only
 * @param report give the hash with each frame (HASH_REPORT, §5.1.6.4.5), for 8 bytes more of header
 */
public record ReceiveHashes(boolean steer, boolean report) {
  /** For nothing. */
  public static final ReceiveHashes NONE = new ReceiveHashes(false, false);
}
