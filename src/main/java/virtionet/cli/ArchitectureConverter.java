package virtionet.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import virtionet.machine.qemu.QemuArchitecture;

/** Reads an architecture's name as QEMU writes it. */
final class ArchitectureConverter implements ITypeConverter<QemuArchitecture> {
  @Override
  public QemuArchitecture convert(String value) {
    try {
      return QemuArchitecture.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
