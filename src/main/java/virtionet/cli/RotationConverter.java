package virtionet.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import virtionet.observe.pcap.Rotation;

/** Reads when a capture goes on in a new file, and how many files are kept. */
final class RotationConverter implements ITypeConverter<Rotation> {
  static final String DESCRIPTION =
      "Go on in a new file, NAME-2, NAME-3 and so on, at so many bytes (500k, 10M, 1G) or frames"
          + " (1000f), and keep the newest KEEP only (default: one file).";

  private static final Pattern FORM =
      Pattern.compile("(?<limit>[1-9]\\d{0,9})(?<unit>[kMGf]?)(?:,(?<keep>[1-9]\\d{0,5}))?");

  @Override
  public Rotation convert(String value) {
    Matcher parts = FORM.matcher(value);
    if (!parts.matches()) {
      throw new TypeConversionException(
          String.format(
              Locale.ROOT,
              "'%s' is no limit of a file such as 500k, 10M or 1000f, nor one with how many to"
                  + " keep, such as 10M,5",
              value));
    }
    long limit = Long.parseLong(parts.group("limit"));
    Rotation rotation =
        switch (String.valueOf(parts.group("unit"))) {
          case "f" -> Rotation.atFrames(limit);
          case "k" -> Rotation.atBytes(limit << 10);
          case "M" -> Rotation.atBytes(limit << 20);
          case "G" -> Rotation.atBytes(limit << 30);
          default -> Rotation.atBytes(limit);
        };
    String keep = parts.group("keep");
    return keep == null ? rotation : rotation.keeping(Integer.parseInt(keep));
  }
}
