package virtionet.cli;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The option of commands whose driver's work can be told as spans. */
final class OtlpMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--otlp",
      paramLabel = "URL",
      converter = Converter.class,
      description =
          "Tell what the driver does as OpenTelemetry's spans to the collector at this URL, such as"
              + " http://localhost:4318: by OTLP over HTTP, below /v1/traces.")
  private @Nullable URI collector;

  /** Begins to tell, if that is wanted; to be done before there is a driver. */
  SpanExport start() {
    return collector == null
        ? SpanExport.none()
        : SpanExport.to(collector, spec.commandLine().getErr());
  }

  /** Reads the URL of a collector. */
  static final class Converter implements ITypeConverter<URI> {
    @Override
    public URI convert(String text) {
      try {
        URI url = URI.create(text);
        boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (web && url.getHost() != null && url.getQuery() == null && url.getFragment() == null) {
          return url;
        }
      } catch (IllegalArgumentException e) {
        // Said below.
      }
      throw new TypeConversionException(
          "'%s' is no URL of a collector, such as http://localhost:4318".formatted(text));
    }
  }
}
