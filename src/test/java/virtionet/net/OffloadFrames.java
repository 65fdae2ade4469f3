package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import virtionet.net.Offload.Segmentation;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestPackets.Kind;

/** Frames with something left to be done, for tests. */
final class OffloadFrames {
  /** All that a device can do for us, and we for it. */
  static final long ALL =
      mask(
          NetFeature.CSUM,
          NetFeature.GUEST_CSUM,
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6,
          NetFeature.HOST_TSO4,
          NetFeature.HOST_TSO6,
          NetFeature.HOST_ECN,
          NetFeature.HOST_USO,
          NetFeature.GUEST_HDRLEN,
          NetFeature.MRG_RXBUF);

  private OffloadFrames() {}

  static long mask(NetFeature... features) {
    return Arrays.stream(features).mapToLong(NetFeature::mask).reduce(0, (a, b) -> a | b);
  }

  /** A device that offers all of it. */
  static ModelSettings device() {
    return ModelSettings.modern().offering(ALL);
  }

  static Segmentation segmentation(Kind kind) {
    if (!kind.tcp()) {
      return Segmentation.UDP_L4;
    }
    return kind.ipv6() ? Segmentation.TCPV6 : Segmentation.TCPV4;
  }

  static Offload checksum(Kind kind) {
    return Offload.checksum(kind.transportStart(), kind.checksumOffset());
  }

  static Offload segmented(Kind kind, int size) {
    return checksum(kind).segmented(segmentation(kind), size);
  }

  /** What a device says of such a frame. */
  static ModelOffloads.Header header(Kind kind, int size) {
    int type =
        switch (segmentation(kind)) {
          case TCPV4 -> ModelOffloads.TCPV4;
          case TCPV6 -> ModelOffloads.TCPV6;
          case UDP_L4 -> ModelOffloads.UDP_L4;
          case NONE -> 0;
        };
    return ModelOffloads.Header.checksum(kind.transportStart(), kind.checksumOffset())
        .segmented(type, size);
  }

  /** A chain of segments on the heap, cut at arbitrary places. */
  static Frame chain(byte[] bytes, SplittableRandom random) {
    List<MemorySegment> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int end = Math.min(bytes.length, at + random.nextInt(1, 2 + bytes.length / 3));
      pieces.add(MemorySegment.ofArray(Arrays.copyOfRange(bytes, at, end)));
      at = end;
    }
    MemorySegment first = pieces.removeFirst();
    return new Frame(first, null, -1, pieces.toArray(MemorySegment[]::new), new int[0]);
  }

  /** The bytes of these frames, which are released. */
  static List<byte[]> take(List<Frame> frames) {
    List<byte[]> all = new ArrayList<>();
    for (Frame frame : frames) {
      all.add(frame.toByteArray());
      frame.release();
    }
    return all;
  }
}
