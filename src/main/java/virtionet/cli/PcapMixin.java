package virtionet.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import virtionet.observe.pcap.PcapSettings;
import virtionet.observe.pcap.Rotation;

/** The options of every command whose frames can be captured. */
final class PcapMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--pcap",
      paramLabel = "FILE",
      description = "Capture the frames of both ways into this file, as pcapng.")
  private @Nullable Path file;

  @Option(
      names = "--pcap-snaplen",
      paramLabel = "BYTES",
      converter = SnapLength.class,
      description = "Keep no more than so many bytes of each frame (default: all).")
  private @Nullable Integer snapLength;

  @Option(
      names = "--pcap-rotate",
      paramLabel = "LIMIT[,KEEP]",
      converter = RotationConverter.class,
      description = RotationConverter.DESCRIPTION)
  private @Nullable Rotation rotation;

  /**
   * @throws ParameterException when the options do not go together
   */
  void check() {
    if (file == null && (snapLength != null || rotation != null)) {
      throw new ParameterException(
          spec.commandLine(), "--pcap-snaplen and --pcap-rotate need --pcap FILE");
    }
  }

  /**
   * Begins the capture, if one is wanted.
   *
   * @throws virtionet.observe.pcap.CaptureException when the file cannot be opened
   */
  Optional<SessionCapture> start() {
    check();
    if (file == null) {
      return Optional.empty();
    }
    PcapSettings settings = PcapSettings.to(file);
    if (snapLength != null) {
      settings = settings.withSnapLength(snapLength);
    }
    if (rotation != null) {
      settings = settings.withRotation(rotation);
    }
    return Optional.of(new SessionCapture(settings, spec.commandLine().getErr()));
  }
}
