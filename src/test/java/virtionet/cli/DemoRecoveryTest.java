package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import virtionet.MachineSetup;
import virtionet.cli.soak.BreakableMachine;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuOptions;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;

/**
 * The demo goes on, where it is asked to, when its device or its QEMU is lost in the midst of it.
 */
@RequiresQemu
class DemoRecoveryTest {
  private static final int COUNT = 10_000;
  private static final int FAULTS = 3;
  private static final Pattern SENT_AGAIN =
      Pattern.compile(" ([0-9,]+) sent again; the driver has reported ([0-9,]+) frames");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final AtomicInteger echoed = new AtomicInteger();

  @Test
  void whenTheDeviceAsksForAResetNothingIsLostButWhatIsReportedAborted() throws Exception {
    var machine = new AtomicReference<BreakableMachine>();
    var setup =
        new MachineSetup(
            () -> {
              var started = BreakableMachine.start(QemuOptions.of(QemuArchitecture.RISCV64));
              machine.set(started);
              return started;
            });
    var command = new CommandLine(new VirtionetCommand()).setOut(new PrintWriter(out, true));
    try (var server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Thread.ofPlatform().daemon().start(() -> echo(server));
      var demo =
          new Demo(
              new Screen(command),
              "",
              () -> DriverSession.openRecovering(new MachineMixin(), setup),
              COUNT,
              Optional.of(new EchoPeer.Converter().convert("10.0.2.2:" + server.getLocalPort())),
              true);
      CompletableFuture<Demo.Result> result = run(demo);
      awaitEchoes(result, 100);
      for (int fault = 1; fault <= FAULTS; fault++) {
        int faults = fault;
        Patience.until(
            "the device was reset",
            () -> {
              Objects.requireNonNull(machine.get()).loopDescriptors();
              return resets() >= faults;
            });
        awaitEchoes(result, echoed.get() + 100);
      }
      assertEquals(
          "demo passed: lease 10.0.2.15, 5/5 pings, 10000/10000 datagrams",
          Patience.answer(result).lastLine(),
          out::toString);
    }
    assertTrue(resets() >= FAULTS, out::toString);
    MatchResult said = SENT_AGAIN.matcher(out.toString()).results().findFirst().orElseThrow();
    int lost = COUNT + number(said.group(1)) - echoed.get();
    assertTrue(lost <= number(said.group(2)), () -> lost + " did not arrive: " + out);
  }

  private static CompletableFuture<Demo.Result> run(Demo demo) {
    var result = new CompletableFuture<Demo.Result>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                result.complete(demo.run());
              } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private void awaitEchoes(CompletableFuture<Demo.Result> result, int number) {
    Patience.until("datagrams flow", () -> echoed.get() > number || result.isDone());
    assertFalse(result.isDone(), () -> result + " " + out);
  }

  private long resets() {
    return out.toString().lines().filter(line -> line.contains("asks to be reset")).count();
  }

  private static int number(String text) {
    return Integer.parseInt(text.replace(",", ""));
  }

  private void echo(DatagramSocket socket) {
    var packet = new DatagramPacket(new byte[2000], 2000);
    try {
      while (true) {
        packet.setLength(2000);
        socket.receive(packet);
        echoed.incrementAndGet();
        socket.send(packet);
      }
    } catch (IOException e) {
      // Closed: the demo is over.
    }
  }

  @Test
  void whenQemuDiesAnotherOneIsStartedAndAllComesBack() throws Exception {
    var qemu = new QemuWitness(folder);
    try (var demo = ChildCli.start(qemu, "demo --recover --count 20000")) {
      demo.awaitOutput("UDP echo");
      ProcessHandle.of(qemu.machine().qemu()).orElseThrow().destroyForcibly();
      assertEquals(0, demo.exitCode(), demo::toString);
      Lines.assertInOrder(
          demo.lines(),
          List.of(
              "  the device is started again: QEMU .* ended with code 137.*",
              "  it is up again after [0-9]+ ms; [0-9,]+ frames were aborted",
              "  20,000 of 20,000 came back whole: .*",
              "  [0-9,]+ sent again; the driver has reported [0-9,]+ frames as aborted",
              "demo passed: lease 10.0.2.15, 5/5 pings, 20000/20000 datagrams"));
    }
    assertEquals(2, qemu.machines().size());
    qemu.awaitNothingLeft();
  }
}
