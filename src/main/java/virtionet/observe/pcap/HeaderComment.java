package virtionet.observe.pcap;

import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import virtionet.net.Frame;
import virtionet.net.FrameHash;
import virtionet.net.Offload;

/** What the virtio header says of a frame (VirtIO 1.3 §5.1.6), in words. */
final class HeaderComment {
  private static final byte[] NONE = {};
  private static final byte[] VERIFIED = Blocks.bytes("virtio: one checksum verified");

  private HeaderComment() {}

  /** Empty for a frame of which it says nothing. */
  static byte[] of(Frame frame) {
    Offload offload = frame.offload();
    Optional<FrameHash> hash = frame.hash();
    if (hash.isEmpty()) {
      if (offload.equals(Offload.NONE)) {
        return NONE;
      }
      if (offload.equals(Offload.VERIFIED)) {
        return VERIFIED;
      }
    }
    return Blocks.bytes(text(offload, hash));
  }

  private static String text(Offload offload, Optional<FrameHash> hash) {
    var text = new StringJoiner(", ", "virtio: ", "");
    if (offload.needsChecksum()) {
      text.add(
          "checksum to be completed from byte %d on, into byte %d"
              .formatted(
                  offload.checksumStart(), offload.checksumStart() + offload.checksumOffset()));
    }
    if (offload.needsSegmentation()) {
      text.add(
          "to be cut as %s%s into segments of %d bytes"
              .formatted(
                  offload.segmentation(), offload.ecn() ? " with ECN" : "", offload.segmentSize()));
    }
    if (offload.headerLength() != 0) {
      text.add("headers of %d bytes".formatted(offload.headerLength()));
    }
    if (offload.verified()) {
      text.add("one checksum verified");
    }
    hash.ifPresent(
        of -> text.add(String.format(Locale.ROOT, "hash %08x of %s", of.value(), of.type())));
    return text.toString();
  }
}
