package virtionet.virtio;

/**
 * The accepted features that shape a virtqueue (VirtIO 1.3 §6).
 *
 * <p>ORDER_PLATFORM is not among them: the queues order their accesses alike with and without it.
 * The feature asks for barriers that also hold against a device which is not a processor of this
 * machine (§6.1). On each machine that there is so far the device is a program on the same
 * processors, QEMU's or a hypervisor's, which sees memory as another thread does, and a doorbell is
 * a system call or a trap into it; release, acquire and full fences order all of that. A device in
 * silicon behind mapped registers would ask for more: on aarch64 and riscv64 the JVM's fences cover
 * processors, not a bus. A machine with such a device has to bring a stronger fence with it.
 *
 * @param packed RING_PACKED: one ring that both sides write, instead of three parts
 * @param eventIndex EVENT_IDX: each side says at which buffer it wants to be told
 * @param indirect INDIRECT_DESC: a buffer of several pieces takes a single descriptor
 * @param inOrder IN_ORDER: buffers come back in the order in which they were given
 * @param notificationData NOTIFICATION_DATA: a doorbell says how far the ring is filled
 */
public record RingFeatures(
    boolean packed,
    boolean eventIndex,
    boolean indirect,
    boolean inOrder,
    boolean notificationData) {

  /** Those among the accepted features. */
  public static RingFeatures of(long accepted) {
    return new RingFeatures(
        CommonFeature.RING_PACKED.in(accepted),
        CommonFeature.EVENT_IDX.in(accepted),
        CommonFeature.INDIRECT_DESC.in(accepted),
        CommonFeature.IN_ORDER.in(accepted),
        CommonFeature.NOTIFICATION_DATA.in(accepted));
  }
}
