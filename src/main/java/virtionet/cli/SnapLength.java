package virtionet.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import virtionet.observe.pcap.PcapSettings;

/** Reads how many bytes of each frame a capture keeps. */
final class SnapLength implements ITypeConverter<Integer> {
  @Override
  public Integer convert(String value) {
    try {
      int length = Integer.parseInt(value);
      if (length >= 1 && length <= PcapSettings.MOST_SNAP_LENGTH) {
        return length;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new TypeConversionException(
        "'%s' is no number of bytes from 1 to %d".formatted(value, PcapSettings.MOST_SNAP_LENGTH));
  }
}
