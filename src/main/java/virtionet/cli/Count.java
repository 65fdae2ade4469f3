package virtionet.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many of something are wanted: at least one, and no more than a run can end with. */
final class Count implements ITypeConverter<Integer> {
  static final int MAX = 10_000_000;

  @Override
  public Integer convert(String value) {
    try {
      int count = Integer.parseInt(value);
      if (count >= 1 && count <= MAX) {
        return count;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new TypeConversionException("'" + value + "' is no whole number from 1 to " + MAX);
  }
}
