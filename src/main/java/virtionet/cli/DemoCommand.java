package virtionet.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Brings a device up and shows each step. */
@Command(
    name = "demo",
    description =
        "Brings a network device up, QEMU's by default, and lets a TCP/IP flow talk through it: "
            + "lease, pings, datagrams checked byte by byte.")
final class DemoCommand implements Callable<Integer> {
  @Mixin private MachineMixin qemu = new MachineMixin();

  @Mixin private PcapMixin pcap = new PcapMixin();

  @Mixin private RecordMixin record = new RecordMixin();

  @Mixin private MetricsMixin metrics = new MetricsMixin();

  @Mixin private OtlpMixin otlp = new OtlpMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10000",
      converter = Count.class,
      description = "UDP datagrams to send and check (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--echo",
      paramLabel = "ADDRESS:PORT",
      converter = EchoPeer.Converter.class,
      description =
          "UDP echo server to send them to, as `virtionet echo` runs one (default: one of the"
              + " demo's own).")
  private @Nullable EchoPeer echo;

  @Option(
      names = "--recover",
      description =
          "When the device, or QEMU, is lost in the midst of it, go on as soon as it is back, and"
              + " send again what did not come back (default: the demo fails).")
  private boolean recover;

  @Override
  public Integer call() throws InterruptedException {
    qemu.check();
    pcap.check();
    var screen = new Screen(spec.commandLine());
    // Also said when the user ends the demo; QEMU is ended by a hook of the actor system.
    var interrupted = new Thread(() -> screen.lastLine("demo failed: interrupted"));
    Runtime.getRuntime().addShutdownHook(interrupted);
    Demo.Result result;
    try (var _ = record.start();
        var spans = otlp.start()) {
      Supplier<DriverSession> opener =
          () ->
              recover
                  ? DriverSession.openRecovering(qemu, pcap.start(), metrics.start(), spans)
                  : DriverSession.open(qemu, pcap.start(), metrics.start(), spans);
      result =
          new Demo(screen, qemu.opening(), opener, count, Optional.ofNullable(echo), recover).run();
      screen.lastLine(result.lastLine());
    } catch (RuntimeException e) {
      screen.lastLine("demo failed: " + Failures.sentence(e));
      throw new AlreadySaid(e);
    } finally {
      forget(interrupted);
    }
    return (result.passed() ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook has said so.
    }
  }
}
