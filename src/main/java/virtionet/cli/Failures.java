package virtionet.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import virtionet.machine.MachineUnavailableException;
import virtionet.observe.http.PortException;

/**
 * Turns what went wrong into one line on standard error and an exit code: usage errors into {@link
 * ExitCode#USAGE}, exceptions of a known type into the code set for it, all others into {@link
 * ExitCode#FAILED}. The stack trace shows with {@code --verbose} only.
 */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private final Map<Class<? extends Throwable>, ExitCode> codes = new LinkedHashMap<>();

  /** The mapping of the command line; the first matching type decides. */
  static Failures standard() {
    return new Failures()
        .map(EnvironmentException.class, ExitCode.ENVIRONMENT)
        .map(PortException.class, ExitCode.ENVIRONMENT)
        .map(MachineUnavailableException.class, ExitCode.ENVIRONMENT);
  }

  /** Lets exceptions of this type, also as a cause, end with that code. */
  Failures map(Class<? extends Throwable> type, ExitCode code) {
    codes.put(type, code);
    return this;
  }

  /** The code for this exception or, where its type is not known, for the nearest known cause. */
  ExitCode codeOf(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      for (Map.Entry<Class<? extends Throwable>, ExitCode> entry : codes.entrySet()) {
        if (entry.getKey().isInstance(at)) {
          return entry.getValue();
        }
      }
    }
    return ExitCode.FAILED;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, ParseResult parseResult) {
    if (!(failure instanceof AlreadySaid)) {
      say(command, sentence(failure));
    }
    if (VirtionetCommand.of(command).verbose()) {
      failure.printStackTrace(command.getErr());
    }
    command.getErr().flush();
    return codeOf(failure).number();
  }

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    if (failure instanceof UnmatchedArgumentException unmatched && isUnknownWord(unmatched)) {
      say(
          command,
          "no such word: %s; there are %s"
              .formatted(
                  unmatched.getUnmatched().getFirst(), String.join(", ", Main.words(command))));
    } else {
      say(command, messageOf(failure));
      UnmatchedArgumentException.printSuggestions(failure, command.getErr());
    }
    command
        .getErr()
        .println("`" + command.getCommandSpec().qualifiedName() + " --help` tells what it takes.");
    command.getErr().flush();
    return ExitCode.USAGE.number();
  }

  private static boolean isUnknownWord(UnmatchedArgumentException failure) {
    return !failure.isUnknownOption() && !failure.getCommandLine().getSubcommands().isEmpty();
  }

  private static void say(CommandLine command, String sentence) {
    String text = "virtionet: " + sentence;
    command.getErr().println(command.getColorScheme().errorText(text));
  }

  /** Message and causes in one line, each said once. */
  static String sentence(Throwable failure) {
    Throwable first = failure;
    while (isWrapper(first) && first.getCause() != null) {
      first = first.getCause();
    }
    StringBuilder sentence = new StringBuilder(messageOf(first));
    for (Throwable at = first.getCause(); at != null; at = at.getCause()) {
      String message = messageOf(at);
      if (sentence.indexOf(message) < 0) {
        sentence.append(": ").append(message);
      }
    }
    return sentence.toString().replaceAll("\\s*\\R\\s*", " ");
  }

  private static boolean isWrapper(Throwable failure) {
    return failure instanceof CompletionException || failure instanceof ExecutionException;
  }

  private static String messageOf(Throwable failure) {
    return Optional.ofNullable(failure.getMessage())
        .filter(message -> !message.isBlank())
        .orElse(failure.getClass().getSimpleName());
  }
}
