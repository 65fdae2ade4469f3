package virtionet.devicetree;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The header of a flattened device tree (Devicetree Specification 0.4 §5.2), checked: each block it
 * names lies inside the blob, is aligned, and shares no byte with another.
 *
 * @param totalSize bytes of the whole blob
 * @param structOffset of the structure block
 * @param structSize bytes in it; up to the next block or the end where a version 16 header is
 *     silent
 * @param structSizeExact whether the header gave {@code structSize}
 * @param stringsOffset of the strings block
 * @param stringsSize bytes in it
 * @param reservationsOffset of the memory reservation block, which ends itself
 * @param bootCpu physical id of the boot processor
 */
record FdtHeader(
    int totalSize,
    int structOffset,
    int structSize,
    boolean structSizeExact,
    int stringsOffset,
    int stringsSize,
    int reservationsOffset,
    int bootCpu) {
  static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  static final int MAGIC = 0xd00dfeed;

  /** The versions whose layout is known here: a blob's range must meet this one. */
  static final int OLDEST_VERSION = 16;

  static final int NEWEST_VERSION = 17;

  // Offsets of the fields, each an unsigned 32-bit big-endian number.
  static final int TOTAL_SIZE = 4;
  static final int STRUCT_OFFSET = 8;
  static final int STRINGS_OFFSET = 12;
  static final int RESERVATIONS_OFFSET = 16;
  static final int VERSION = 20;
  static final int LAST_COMPATIBLE_VERSION = 24;
  static final int BOOT_CPU = 28;
  static final int STRINGS_SIZE = 32;

  /** From version 17 on. */
  static final int STRUCT_SIZE = 36;

  static final int SIZE_16 = 36;
  static final int SIZE_17 = 40;

  /** A reservation is an address and a size; one of zeros ends the block (§5.3.2). */
  static final int RESERVATION_SIZE = 16;

  static FdtHeader read(byte[] blob) {
    if (blob.length < SIZE_16) {
      throw new DeviceTreeException(
          blob.length, "ends inside its header: %d of %d bytes".formatted(blob.length, SIZE_16));
    }
    int magic = (int) U32.get(blob, 0);
    if (magic != MAGIC) {
      throw new DeviceTreeException(
          0, "magic is 0x%08x, not 0x%08x: this is no device tree blob".formatted(magic, MAGIC));
    }
    int size = totalSize(blob);
    int version = version(blob);
    int headerSize = version >= 17 ? SIZE_17 : SIZE_16;
    if (size < headerSize) {
      throw new DeviceTreeException(
          TOTAL_SIZE,
          "total size %d is less than the header's %d bytes".formatted(size, headerSize));
    }
    int reservations = offset(blob, RESERVATIONS_OFFSET, "memory reservation block", 8, size);
    int struct = offset(blob, STRUCT_OFFSET, "structure block", 4, size);
    int strings = offset(blob, STRINGS_OFFSET, "strings block", 1, size);
    int stringsSize = length(blob, STRINGS_SIZE, "strings block", strings, size);
    boolean exact = version >= 17;
    int structSize =
        exact
            ? length(blob, STRUCT_SIZE, "structure block", struct, size)
            : nextBlock(struct, strings, reservations, size) - struct;
    FdtHeader header =
        new FdtHeader(
            size,
            struct,
            structSize,
            exact,
            strings,
            stringsSize,
            reservations,
            (int) U32.get(blob, BOOT_CPU));
    header.checkApart(headerSize);
    return header;
  }

  private static int nextBlock(int struct, int strings, int reservations, int totalSize) {
    int next = totalSize;
    next = strings > struct ? Math.min(next, strings) : next;
    return reservations > struct ? Math.min(next, reservations) : next;
  }

  private static int totalSize(byte[] blob) {
    int size = (int) U32.get(blob, TOTAL_SIZE);
    if (Integer.compareUnsigned(size, DeviceTree.MAX_SIZE) > 0) {
      throw new DeviceTreeException(
          TOTAL_SIZE,
          "total size %s is more than the %d bytes that are accepted"
              .formatted(Integer.toUnsignedString(size), DeviceTree.MAX_SIZE));
    }
    if (size > blob.length) {
      throw new DeviceTreeException(
          TOTAL_SIZE,
          "total size %d is more than the %d bytes that are there: truncated"
              .formatted(size, blob.length));
    }
    return size;
  }

  private static int version(byte[] blob) {
    int version = (int) U32.get(blob, VERSION);
    int lastCompatible = (int) U32.get(blob, LAST_COMPATIBLE_VERSION);
    if (Integer.compareUnsigned(version, OLDEST_VERSION) < 0) {
      throw new DeviceTreeException(
          VERSION, "version %d is older than %d".formatted(version, OLDEST_VERSION));
    }
    if (Integer.compareUnsigned(lastCompatible, NEWEST_VERSION) > 0) {
      throw new DeviceTreeException(
          LAST_COMPATIBLE_VERSION,
          "only readers of version %s or newer understand it; this one knows up to %d"
              .formatted(Integer.toUnsignedString(lastCompatible), NEWEST_VERSION));
    }
    if (Integer.compareUnsigned(lastCompatible, version) > 0) {
      throw new DeviceTreeException(
          LAST_COMPATIBLE_VERSION,
          "last compatible version %d is newer than its version %d"
              .formatted(lastCompatible, version));
    }
    // A version beyond 17 comes with at least the fields of 17.
    return Integer.compareUnsigned(version, NEWEST_VERSION) > 0 ? NEWEST_VERSION : version;
  }

  private static int offset(byte[] blob, int field, String block, int alignment, int totalSize) {
    int offset = (int) U32.get(blob, field);
    if (Integer.compareUnsigned(offset, totalSize) > 0) {
      throw new DeviceTreeException(
          field,
          "the %s at 0x%x starts beyond the total size 0x%x".formatted(block, offset, totalSize));
    }
    if (offset % alignment != 0) {
      throw new DeviceTreeException(
          field, "the %s at 0x%x is not aligned to %d bytes".formatted(block, offset, alignment));
    }
    return offset;
  }

  private static int length(byte[] blob, int field, String block, int start, int totalSize) {
    int length = (int) U32.get(blob, field);
    if (Integer.compareUnsigned(length, totalSize - start) > 0) {
      throw new DeviceTreeException(
          field,
          "the %s of 0x%x bytes at 0x%x ends beyond the total size 0x%x"
              .formatted(block, length, start, totalSize));
    }
    return length;
  }

  private void checkApart(int headerSize) {
    Block header = new Block("header", -1, 0, headerSize);
    Block struct = new Block("structure block", STRUCT_OFFSET, structOffset, structSize);
    Block strings = new Block("strings block", STRINGS_OFFSET, stringsOffset, stringsSize);
    // Its true end is known only once it was read; it holds at least its terminator.
    Block reservations =
        new Block(
            "memory reservation block", RESERVATIONS_OFFSET, reservationsOffset, RESERVATION_SIZE);
    reservations.checkApartFrom(header);
    struct.checkApartFrom(header);
    struct.checkApartFrom(reservations);
    strings.checkApartFrom(header);
    strings.checkApartFrom(reservations);
    strings.checkApartFrom(struct);
  }

  /** Where the reservation block must have ended: the next block behind it, or the blob's end. */
  int reservationsLimit() {
    int limit = totalSize;
    if (structOffset >= reservationsOffset) {
      limit = Math.min(limit, structOffset);
    }
    if (stringsOffset >= reservationsOffset && stringsSize > 0) {
      limit = Math.min(limit, stringsOffset);
    }
    return limit;
  }

  /** A stretch of the blob, and the header field that places it. */
  private record Block(String name, int field, int start, int size) {
    void checkApartFrom(Block other) {
      if (size > 0
          && other.size > 0
          && start < other.start + other.size
          && other.start < start + size) {
        throw new DeviceTreeException(
            field,
            "the %s 0x%x+0x%x overlaps the %s 0x%x+0x%x"
                .formatted(name, start, size, other.name, other.start, other.size));
      }
    }
  }
}
