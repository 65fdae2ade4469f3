package virtionet.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import virtionet.machine.Registers;
import virtionet.net.Frame;
import virtionet.net.HashLimits;
import virtionet.net.HashType;
import virtionet.net.NetDevice;
import virtionet.virtio.CommonFeature;
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
  private static boolean lengthWasLast;

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

  /** Flags follow a length in a descriptor. */
  public static void nextEverywhere(
      MemorySegment ring, ValueLayout.OfShort layout, long offset, short value) {
    ring.set(layout, offset, lengthWasLast ? (short) (value | 1) : value);
    lengthWasLast = false;
  }

  public static void nextEverywhere(
      MemorySegment ring, ValueLayout.OfInt layout, long offset, int value) {
    ring.set(layout, offset, value);
    lengthWasLast = true;
  }

  public static boolean neverWritable(Object chain, int piece) {
    return false;
  }

  public static int alwaysLess(int one, int other) {
    return -1;
  }

  public static long wholeBuffer(Virtqueue queue) {
    return queue.writableLength();
  }

  public static int shortBuffer(Object pool) {
    return 1000;
  }

  // Queue pairs

  public static int allPairs(NetDevice device) {
    return device.transmitQueues().size();
  }

  public static int greater(int one, int other) {
    return Math.max(one, other);
  }

  // Frames

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
