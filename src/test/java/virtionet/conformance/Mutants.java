package virtionet.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import virtionet.machine.Registers;
import virtionet.net.Frame;
import virtionet.net.HashLimits;
import virtionet.net.HashType;
import virtionet.net.NetDevice;
import virtionet.net.Offload;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.Feature;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Transport;
import virtionet.virtio.VirtioDevice;
import virtionet.virtio.Virtqueue;

/**
 * What stands in a broken driver where a call stood: each method takes the receiver and the
 * arguments of the call that it replaces. {@link Mutation} says which that is.
 */
public final class Mutants {
  private static final int FEATURES_OK = 8;
  private static final int DRIVER_OK = 4;
  private static final long FLAGS_OFFSET = 14;
  private static final int AVAILABLE = 1 << 7;
  private static final int USED = 1 << 15;
  private static final ValueLayout.OfShort FLAGS =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static long headEnd = -1;
  private static long tableEnd = -1;

  private Mutants() {}

  // Transport.setStatus

  public static void driverOkWithFeaturesOk(Transport transport, int status) {
    transport.setStatus((status & FEATURES_OK) != 0 ? status | DRIVER_OK : status);
  }

  public static void acknowledgeTakenBack(Transport transport, int status) {
    transport.setStatus((status & DRIVER_OK) != 0 ? status & ~1 : status);
  }

  // VirtioDevice

  public static int featuresOkAssumed(VirtioDevice device) {
    return FEATURES_OK;
  }

  public static void doorbellThenStart(VirtioDevice device) {
    device.transport().notifyQueue(0);
    device.start();
  }

  public static void resetNotAwaited(VirtioDevice device, Duration timeout) {
    device.transport().setStatus(0);
  }

  public static void failedNotSaid(VirtioDevice device) {}

  // Features

  public static void oneFeatureMore(Transport transport, long features) {
    transport.setDriverFeatures(features | 1 << 10);
  }

  public static void withoutVersion1(Transport transport, long features) {
    transport.setDriverFeatures(features & ~CommonFeature.VERSION_1.mask());
  }

  public static List<Set<Feature>> needsNothing(Feature feature) {
    return List.of();
  }

  public static boolean anyLayoutAssumed(FeatureReport report, Feature feature) {
    return feature == CommonFeature.ANY_LAYOUT || report.accepted(feature);
  }

  public static boolean alwaysOffered(Feature feature, long features) {
    return true;
  }

  public static boolean neverLegacy(Transport transport) {
    return false;
  }

  // Registers

  public static void narrowToo(Registers registers, long offset, int value) {
    if (offset == 0x030) {
      registers.write8(offset, value);
    }
    registers.write32(offset, value);
  }

  public static void acknowledgeMore(Registers registers, long offset, int value) {
    registers.write32(offset, offset == 0x064 ? value | 4 : value);
  }

  public static void configurationToo(Registers registers, long offset, int value) {
    registers.write32(offset, value);
    registers.write32(0x100, value);
  }

  public static void pageSizeLast(Registers registers, long offset, int value) {
    if (offset != 0x028) {
      registers.write32(offset, value);
    }
    if (offset == 0x040) {
      registers.write32(0x028, 4096);
    }
  }

  public static void secondWordNotSelected(Registers registers, long offset, int value) {
    if (offset != 0x014 || value == 0) {
      registers.write32(offset, value);
    }
  }

  public static void sizeOnceMore(Registers registers, long offset, int value) {
    registers.write32(offset, value);
    if (offset == 0x044) {
      registers.write32(0x038, 2);
    }
  }

  public static int generationNeverChanges(Registers registers, long offset) {
    int value = registers.read32(offset);
    return offset == 0x0fc ? 0 : value;
  }

  public static int vendorToo(Registers registers, long offset) {
    int value = registers.read32(offset);
    registers.read32(0x00c);
    return value;
  }

  public static void notAcknowledged(Transport transport, int bits) {}

  // Queues

  public static long hugeQueue(Transport transport, int queue) {
    transport.queueSizeMax(queue);
    return 1 << 15;
  }

  public static void notPublished(VarHandle handle, MemorySegment ring, long offset, short index) {}

  public static void publishedBackwards(
      VarHandle handle, MemorySegment ring, long offset, short index) {
    handle.setRelease(ring, offset, (short) (index - 2));
  }

  public static void noDoorbell(Transport transport, int queue) {}

  public static boolean alwaysNotify(Virtqueue queue) {
    queue.publish();
    return true;
  }

  public static boolean neverNotify(Virtqueue queue) {
    queue.publish();
    return false;
  }

  /** A descriptor's second half has its flags above its length. */
  public static void nextEverywhere(
      MemorySegment ring, ValueLayout.OfLong layout, long offset, long half) {
    ring.set(layout, offset, isSecondHalf(offset) ? half | 1L << Integer.SIZE : half);
  }

  private static boolean isSecondHalf(long offset) {
    return offset % 16 == 8;
  }

  public static boolean neverWritable(Object chain, int piece) {
    return false;
  }

  public static int alwaysLess(int one, int other) {
    return -1;
  }

  public static long wholeBuffer(Object queue, long writable) {
    return writable;
  }

  public static int shortBuffer(Object pool) {
    return 1000;
  }

  // Packed queues

  /** The address is the first that is written of a descriptor: the flags right after it. */
  public static void availableAtOnce(
      MemorySegment ring, ValueLayout.OfLong layout, long offset, long address) {
    ring.set(layout, offset, address);
    if (isSecondHalf(offset)) {
      return;
    }
    int asUsed = ring.get(FLAGS, offset + FLAGS_OFFSET) & (AVAILABLE | USED);
    ring.set(FLAGS, offset + FLAGS_OFFSET, (short) (asUsed ^ AVAILABLE));
  }

  public static void availableAsInTheFirstLap(
      VarHandle handle, MemorySegment ring, long offset, long half) {
    long flagsShift = Byte.SIZE * (FLAGS_OFFSET - 8);
    long used = (long) USED << flagsShift;
    handle.setRelease(ring, offset, (half & ~used) | (long) AVAILABLE << flagsShift);
  }

  public static long usedBitAlone(VarHandle handle, MemorySegment ring, long offset) {
    long half = (long) handle.getAcquire(ring, offset);
    long flagsShift = Byte.SIZE * (FLAGS_OFFSET - 8);
    long available = (long) AVAILABLE << flagsShift;
    return (half & (long) USED << flagsShift) != 0 ? half | available : half & ~available;
  }

  // Queue pairs

  public static int allPairs(NetDevice device) {
    return device.transmitQueues().size();
  }

  public static int greater(int one, int other) {
    return Math.max(one, other);
  }

  // Control queue

  /** A command's data lie behind its two bytes. */
  public static DescriptorChain dataBesideTheHead(DescriptorChain chain, long address, int length) {
    boolean isData = address == headEnd;
    headEnd = isData || length != 2 ? -1 : address + length;
    return isData
        ? chain.clear().readable(address - 2, 2 + length)
        : chain.readable(address, length);
  }

  /** The second table lies behind the first, which lies behind the command's two bytes. */
  public static DescriptorChain tablesTogether(DescriptorChain chain, long address, int length) {
    boolean isSecond = address == tableEnd;
    long head = headEnd;
    boolean isFirst = address == head;
    headEnd = isFirst || length != 2 ? head : address + length;
    tableEnd = isFirst ? address + length : -1;
    return isSecond
        ? chain.clear().readable(head - 2, 2).readable(head, (int) (address - head) + length)
        : chain.readable(address, length);
  }

  /** The acknowledgement is the last byte of the command's memory. */
  public static DescriptorChain oneByteMore(DescriptorChain chain, long address, int length) {
    return chain.writable(address - 1, length + 1);
  }

  // Frames

  public static int oneBuffer(MemorySegment buffers, long offset) {
    return 1;
  }

  public static @Nullable String noProblem(Frame frame, Offload offload, int mtu) {
    return null;
  }

  public static int twelve(boolean legacy, boolean mergeable, boolean hashReport) {
    return 12;
  }

  public static Optional<HashType> anyReport(int report) {
    return Optional.of(HashType.IPV4);
  }

  public static void anyTypes(Set<HashType> types, HashLimits limits) {}

  public static void anyQueue(Object config, String what, int queue) {}

  public static void dataValid(MemorySegment buffers, long offset, int length) {
    buffers.asSlice(offset, length).fill((byte) 0);
    buffers.set(ValueLayout.JAVA_BYTE, offset, (byte) 2);
  }

  public static int anyLength(Object queue, Frame frame) {
    return 65_535;
  }
}
