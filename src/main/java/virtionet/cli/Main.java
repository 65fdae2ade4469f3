package virtionet.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** Starts the command line. */
public final class Main {
  /** Set by the launcher to the name that it was called by. */
  static final String LAUNCHER_PROPERTY = "virtionet-cli.launcher";

  private static final String[] LAUNCHER_WORDS = {
    "",
    "@|bold In a Linux guest:|@",
    "  @|bold guest|@   demo, run, shell, build, clean: the driver from inside a machine of QEMU's",
    "",
    "@|bold In the checkout:|@",
    "  @|bold guest|@   the same words from inside a Linux guest",
    "  @|bold setup|@   install what is missing, and nothing else",
    "  @|bold test|@    set up, then run all tests; further words go to Maven",
    "  @|bold format|@  put the sources into google-java-format",
    "  @|bold build|@   build the jar"
  };

  private Main() {}

  /** Runs one command and ends the process with its {@link ExitCode}. */
  public static void main(String[] args) {
    // Scripts read the last line and people the numbers, both in the same digits everywhere.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    CommandLine commandLine = commandLine(Failures.standard());
    // At the last moment before a command runs: no logger has been made yet.
    commandLine.setExecutionStrategy(Main::runWithLogging);
    System.exit(commandLine.execute(args));
  }

  /** The whole command line, ready to execute; logging is left as it is. */
  static CommandLine commandLine(Failures failures) {
    CommandLine commandLine = new CommandLine(new VirtionetCommand());
    commandLine.setCommandName("java -jar virtionet-cli.jar");
    // What follows the device is another word's, options included.
    Optional.ofNullable(commandLine.getSubcommands().get("attach"))
        .ifPresent(attach -> attach.setStopAtPositional(true));
    String launcher = System.getProperty(LAUNCHER_PROPERTY);
    if (launcher != null) {
      commandLine.setCommandName(launcher);
      CommandSpec spec = commandLine.getCommandSpec();
      spec.usageMessage().footer(LAUNCHER_WORDS);
    }
    return commandLine
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures);
  }

  /** Those of the command line and, where the launcher was called, its own. */
  static List<String> words(CommandLine commandLine) {
    Stream<String> own =
        commandLine.getSubcommands().entrySet().stream()
            .filter(word -> !word.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey);
    return System.getProperty(LAUNCHER_PROPERTY) == null
        ? own.toList()
        : Stream.concat(own, Stream.of("guest", "setup", "test", "format", "build")).toList();
  }

  private static int runWithLogging(ParseResult result) {
    CommandLine root = result.commandSpec().commandLine();
    CliLogging.configure(VirtionetCommand.of(root).verbose());
    return new RunLast().execute(result);
  }
}
