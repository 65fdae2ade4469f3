package virtionet.virtio;

/**
 * A device's configuration space (VirtIO 1.3 §2.5), read field by field in each field's own width.
 * Offsets are in bytes from its start.
 */
public interface ConfigSpace {

  /** Bytes that can be read. */
  long size();

  int read8(int offset);

  int read16(int offset);

  int read32(int offset);
}
