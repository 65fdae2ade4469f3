package virtionet.cli;

import akka.japi.Pair;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.RunnableGraph;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import virtionet.driver.DeviceHandle;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;

/** Sends each frame that a device receives back out of it: the far end of a test of the wire. */
@Command(
    name = "reflect",
    description =
        "Sends each frame that the device receives back out of it, unchanged and without a copy,"
            + " until so many were sent or nothing came for a while.")
final class ReflectCommand implements Callable<Integer> {
  private static final Duration LAST_FRAMES = Duration.ofSeconds(10);

  @Mixin private MachineMixin machine = new MachineMixin();

  @Mixin private PcapMixin pcap = new PcapMixin();

  @Mixin private RecordMixin record = new RecordMixin();

  @Mixin private MetricsMixin metrics = new MetricsMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = Count.class,
      description = "Frames to send back (default: no end).")
  private @Nullable Integer count;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      converter = Count.class,
      defaultValue = "60",
      description = "End when nothing came for so long (default: ${DEFAULT-VALUE}).")
  private int idle;

  @Override
  public Integer call() throws InterruptedException {
    machine.check();
    var screen = new Screen(spec.commandLine());
    try (var _ = record.start();
        var session = DriverSession.open(machine, pcap.start(), metrics.start())) {
      DeviceHandle device = session.device();
      var mirror = mirror(session, device).run(session.system());
      EthernetConnection connection = DriverSession.await(mirror.first());
      screen.line("reflecting on %s, MAC %s", connection.name(), connection.mac());
      long reflected = DriverSession.awaitEnd(mirror.second());
      awaitSent(device, reflected);
      screen.line("%d frames reflected", sent(device));
      DeviceReports.counters(screen, device.counters());
    }
    return ExitCode.DONE.number();
  }

  /** A loop from the device back into it; materializes to it, and to how many frames went round. */
  private RunnableGraph<Pair<CompletionStage<EthernetConnection>, CompletionStage<Long>>> mirror(
      DriverSession session, DeviceHandle device) {
    var turned = new AtomicLong();
    Flow<Frame, Frame, CompletionStage<Long>> wire =
        Flow.<Frame>create()
            .take(count == null ? Long.MAX_VALUE : count)
            .idleTimeout(Duration.ofSeconds(idle))
            .recoverWithRetries(1, TimeoutException.class, Source::empty)
            .map(
                frame -> {
                  turned.incrementAndGet();
                  return frame;
                })
            .watchTermination((_, done) -> done.thenApply(end -> turned.get()));
    return session.flow(device).joinMat(wire, Keep.both());
  }

  /** Frames that were passed on may still be on their way to the ring, or in it. */
  private static void awaitSent(DeviceHandle device, long frames) throws InterruptedException {
    long deadline = System.nanoTime() + LAST_FRAMES.toNanos();
    while (sent(device) < frames && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static long sent(DeviceHandle device) {
    return device.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L);
  }
}
