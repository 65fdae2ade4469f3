package virtionet.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of the command line: what all words share. */
@Command(
    name = "virtionet",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "WORD",
    description = "Drives virtio network devices from the JVM: QEMU's, or those of this system.",
    optionListHeading = "%n@|bold Options:|@%n",
    parameterListHeading = "%n",
    commandListHeading = "%n@|bold The driver:|@%n",
    exitCodeListHeading = "%n@|bold Exit codes:|@%n",
    exitCodeList = {
      "0:done",
      "1:the job failed",
      "2:wrong usage",
      "3:the environment lacks something; the message says what to do"
    },
    subcommands = {
      DemoCommand.class,
      ProbeCommand.class,
      PingCommand.class,
      AttachCommand.class,
      EchoCommand.class,
      ReflectCommand.class,
      CaptureCommand.class,
      TraceCommand.class,
      TopCommand.class,
      BenchCommand.class,
      SoakCommand.class,
      ContenderCommand.class,
      GuestBenchCommand.class
    })
final class VirtionetCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Show the driver's log, and the stack trace of a failure.")
  private boolean verbose;

  /** The root that this command or its parents stand on. */
  static VirtionetCommand of(CommandLine command) {
    return command.getCommandSpec().root().userObject() instanceof VirtionetCommand root
        ? root
        : new VirtionetCommand();
  }

  boolean verbose() {
    return verbose;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a word is missing: one of " + String.join(", ", Main.words(spec.commandLine())));
  }
}
