package virtionet.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option of every command whose driver can be recorded. */
final class RecordMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description =
          "Record what the driver's actors and queues do, as a flight recording that `trace` and"
              + " JDK Mission Control read.")
  private @Nullable Path file;

  /** Begins the recording, if one is wanted; to be done before there is a driver. */
  SessionRecording start() {
    return file == null
        ? SessionRecording.none()
        : SessionRecording.of(file, spec.commandLine().getErr());
  }
}
