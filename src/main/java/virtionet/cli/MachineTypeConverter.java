package virtionet.cli;

import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a kind of machine. */
final class MachineTypeConverter implements ITypeConverter<String> {
  private static final List<String> TYPES = List.of("qemu", "linux", "vhost-user");

  @Override
  public String convert(String text) {
    if (!TYPES.contains(text)) {
      throw new TypeConversionException(
          "'%s' is no machine that the driver knows: there is %s"
              .formatted(text, String.join(", ", TYPES)));
    }
    return text;
  }
}
