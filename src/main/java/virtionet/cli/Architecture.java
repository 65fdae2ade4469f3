package virtionet.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The {@code virt} machines of QEMU that the driver knows. */
enum Architecture {
  RISCV64,
  AARCH64;

  /** The name that QEMU uses in {@code qemu-system-NAME}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads the name as QEMU writes it. */
  static final class Converter implements ITypeConverter<Architecture> {
    @Override
    public Architecture convert(String value) {
      List<Architecture> known = List.of(values());
      return known.stream()
          .filter(architecture -> architecture.toString().equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'" + value + "' is none of " + Arrays.toString(values())));
    }
  }
}
