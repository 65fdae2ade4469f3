package virtionet.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the echo server that a demo in a guest talks to. */
@Command(
    name = "echo",
    description =
        "Runs a UDP echo server on the loopback until its standard input ends: the peer of a demo"
            + " elsewhere, which QEMU's user network lets reach it as 10.0.2.2.")
final class EchoCommand implements Callable<Integer> {
  private static final int LAST_PORT = 0xffff;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "UDP port; 0: any that is free (default: ${DEFAULT-VALUE}).")
  private int port;

  @Override
  public Integer call() throws IOException {
    if (port < 0 || port > LAST_PORT) {
      throw new ParameterException(
          spec.commandLine(), "--port %d: must be from 0 to %d".formatted(port, LAST_PORT));
    }
    var screen = new Screen(spec.commandLine());
    try (var server = new EchoServer(port)) {
      screen.line("echo server on 127.0.0.1 port %d", server.port());
      while (System.in.read() >= 0) {
        // Only the end counts.
      }
    }
    return ExitCode.DONE.number();
  }
}
