package virtionet.cli;

import akka.Done;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import virtionet.driver.DeviceHandle;
import virtionet.flows.FrameText;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.observe.pcap.Capture;
import virtionet.observe.pcap.CaptureSummary;
import virtionet.observe.pcap.CapturedFrame;
import virtionet.observe.pcap.Direction;
import virtionet.observe.pcap.PcapSettings;
import virtionet.observe.pcap.Rotation;
import virtionet.tcpip.TcpIp;

/** Shows the frames of a device, or writes them into a file: a small tcpdump. */
@Command(
    name = "capture",
    description =
        "Shows each frame of the device in a line, or writes all of them as pcapng, until so many"
            + " passed, so long went by, or it is interrupted.")
final class CaptureCommand implements Callable<Integer> {
  /** Frames that wait when the capture ends, or are with the device, are no loss to it. */
  private static final Set<Counter> OF_THE_END =
      Set.of(Counter.DROPPED_CLIENT_GONE, Counter.TRANSMIT_ABORTED);

  private static final String STANDARD_OUTPUT = "-";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());

  @Mixin private MachineMixin machine = new MachineMixin();

  @Mixin private RecordMixin record = new RecordMixin();

  @Mixin private MetricsMixin metrics = new MetricsMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-w", "--write"},
      paramLabel = "FILE",
      description =
          "Write pcapng into this file instead; -: to standard output, as a pipe to Wireshark takes"
              + " it.")
  private @Nullable String file;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "N",
      converter = Count.class,
      description = "End after so many frames (default: no end).")
  private @Nullable Integer count;

  @Option(
      names = {"-s", "--snaplen"},
      paramLabel = "BYTES",
      converter = SnapLength.class,
      description = "Keep no more than so many bytes of each frame (default: all).")
  private int snapLength = PcapSettings.MOST_SNAP_LENGTH;

  @Option(
      names = "--rotate",
      paramLabel = "LIMIT[,KEEP]",
      converter = RotationConverter.class,
      description = RotationConverter.DESCRIPTION)
  private @Nullable Rotation rotation;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      converter = Count.class,
      description = "End after so long (default: no end).")
  private @Nullable Integer seconds;

  @Option(
      names = "--dhcp",
      description =
          "Be a station meanwhile: take a lease, and answer ARP and pings. Else nothing is sent,"
              + " and on QEMU's user network nothing comes.")
  private boolean dhcp;

  @Override
  public Integer call() throws InterruptedException {
    machine.check();
    PrintWriter err = spec.commandLine().getErr();
    var capture = new SessionCapture(settings(), err);
    try (var _ = record.start();
        var session = DriverSession.open(machine, Optional.of(capture), metrics.start())) {
      DeviceHandle device = session.device();
      err.printf("capturing on %s, MAC %s%n", device.info().name(), device.events().mac());
      err.flush();
      capture.beforeSummary(() -> sayDrops(err, device));
      awaitEnd(session, device, capture.capture());
    }
    return code(capture.capture().summary()).number();
  }

  private PcapSettings settings() {
    PcapSettings settings =
        PcapSettings.to(destination())
            .withSnapLength(snapLength)
            .withLimit(count == null ? Long.MAX_VALUE : count);
    if (rotation == null) {
      return settings;
    }
    if (file == null || file.equals(STANDARD_OUTPUT)) {
      throw new ParameterException(spec.commandLine(), "--rotate needs -w FILE");
    }
    return settings.withRotation(rotation);
  }

  private PcapSettings.Destination destination() {
    if (file == null) {
      PrintWriter out = spec.commandLine().getOut();
      return new PcapSettings.ToConsumer("standard output", frame -> show(out, frame));
    }
    return file.equals(STANDARD_OUTPUT)
        ? new PcapSettings.ToStream("standard output", new FileOutputStream(FileDescriptor.out))
        : new PcapSettings.ToFile(Path.of(file));
  }

  private static void show(PrintWriter out, CapturedFrame frame) {
    out.printf(
        "%s %-3s %s%s%n",
        TIME.format(frame.time()),
        frame.direction() == Direction.INBOUND ? "in" : "out",
        FrameText.of(frame.bytes(), frame.length()),
        frame.comment().isEmpty() ? "" : " (" + frame.comment() + ")");
    if (out.checkError()) {
      throw new IllegalStateException("nobody reads it any more");
    }
  }

  /** Returns when there is nothing more to capture. */
  private void awaitEnd(DriverSession session, DeviceHandle device, Capture capture)
      throws InterruptedException {
    var end = new CompletableFuture<Done>();
    capture.ended().thenAccept(summary -> end.complete(Done.getInstance()));
    if (seconds != null) {
      end.completeOnTimeout(Done.getInstance(), seconds, TimeUnit.SECONDS);
    }
    if (dhcp) {
      try (TcpIp stack = session.stack(device)) {
        stack.dhcp();
        endWith(stack.terminated(), end);
        DriverSession.awaitEnd(end);
      }
    } else {
      CompletionStage<Done> stream =
          Source.<Frame>maybe()
              .via(session.flow(device))
              .toMat(Sink.foreach(Frame::release), Keep.right())
              .run(session.system());
      endWith(stream, end);
      DriverSession.awaitEnd(end);
    }
  }

  /** The device may be lost. */
  private static void endWith(CompletionStage<Done> stream, CompletableFuture<Done> end) {
    stream.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            end.complete(Done.getInstance());
          } else {
            end.completeExceptionally(failure);
          }
        });
  }

  private static void sayDrops(PrintWriter err, DeviceHandle device) {
    Map<Counter, Long> counters = device.counters();
    long dropped = 0;
    var reasons = new StringBuilder();
    for (Counter counter : Counter.values()) {
      long drops = counters.getOrDefault(counter, 0L);
      if (counter.isDrop() && drops > 0 && !OF_THE_END.contains(counter)) {
        dropped += drops;
        reasons.append(", %s: %,d".formatted(counter.label(), drops));
      }
    }
    err.printf("%,d dropped by the driver%s%n", dropped, reasons);
  }

  /** Whoever reads standard output may end the capture by going away. */
  private ExitCode code(CaptureSummary summary) {
    boolean readerMayGo = file == null || file.equals(STANDARD_OUTPUT);
    return summary.failure().isEmpty() || readerMayGo ? ExitCode.DONE : ExitCode.FAILED;
  }
}
