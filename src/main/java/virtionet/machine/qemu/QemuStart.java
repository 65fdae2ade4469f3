package virtionet.machine.qemu;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.devicetree.DeviceTree;
import virtionet.machine.MachineException;

/**
 * What a QEMU machine is made of once QEMU runs. Made step by step; what was begun is undone when a
 * step fails.
 */
record QemuStart(
    QemuOptions options,
    QemuBinary binary,
    Workspace workspace,
    Keeper keeper,
    Loss loss,
    QtestChannel qtest,
    Qmp qmp,
    DeviceTree deviceTree) {
  /** For a QEMU that is to connect: it does so in a tenth of a second. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static QemuStart run(QemuOptions options) {
    QemuBinary binary = QemuBinary.find(options);
    Workspace workspace = Workspace.create(options.memory());
    try {
      return run(options, binary, workspace);
    } catch (IOException e) {
      workspace.delete();
      throw new UncheckedIOException("QEMU's files in " + workspace.folder(), e);
    } catch (RuntimeException e) {
      workspace.delete();
      throw e;
    }
  }

  private static QemuStart run(QemuOptions options, QemuBinary binary, Workspace workspace)
      throws IOException {
    Files.write(workspace.idleCode(), options.architecture().idleCode());
    try (var memory = new RandomAccessFile(workspace.memory().toFile(), "rw")) {
      memory.setLength(options.memory());
    }
    try (ServerSocketChannel qtest = listen(workspace.qtest());
        ServerSocketChannel qmp = listen(workspace.qmp())) {
      Keeper keeper = Keeper.start(workspace.folder(), command(options, binary, workspace));
      try {
        var loss = new Loss(why -> why + "; " + keeper.epitaph());
        return connected(
            options,
            binary,
            workspace,
            keeper,
            loss,
            new QtestChannel(accept(qtest, keeper), loss),
            new Qmp(accept(qmp, keeper), loss));
      } catch (RuntimeException | IOException e) {
        boolean refused = keeper.hasEnded();
        keeper.kill();
        if (refused) {
          // Whichever socket broke first: what matters is that QEMU ended, and what it said.
          throw new MachineException("QEMU does not start: " + keeper.epitaph(), e);
        }
        throw e;
      }
    }
  }

  private static QemuStart connected(
      QemuOptions options,
      QemuBinary binary,
      Workspace workspace,
      Keeper keeper,
      Loss loss,
      QtestChannel qtest,
      Qmp qmp)
      throws IOException {
    String controller = qmp.findUnattached(options.architecture().interruptController());
    qtest.ask("irq_intercept_in " + controller);
    qmp.execute("dumpdtb", Map.of("filename", workspace.deviceTree().toString()));
    DeviceTree deviceTree = DeviceTree.read(workspace.deviceTree());
    return new QemuStart(options, binary, workspace, keeper, loss, qtest, qmp, deviceTree);
  }

  /** Ends QEMU if it still runs, the sockets, and what is left of the folder. */
  void undo() {
    loss.expectEnd();
    try {
      keeper.kill();
    } finally {
      loss.lose("");
      qtest.close();
      qmp.close();
      workspace.delete();
    }
  }

  private static List<String> command(QemuOptions options, QemuBinary binary, Workspace workspace) {
    List<String> words = new ArrayList<>();
    words.add(binary.path().toString());
    words.addAll(List.of("-name", "virtionet", "-no-user-config", "-nodefaults"));
    words.addAll(List.of("-display", "none", "-accel", "tcg"));
    words.addAll(List.of("-machine", "virt,memory-backend=ram"));
    words.addAll(List.of("-m", options.mebibytes() + "M"));
    words.addAll(
        List.of(
            "-object",
            // Not with %d, which some locales write in digits that QEMU does not know.
            "memory-backend-file,id=ram,size="
                + options.mebibytes()
                + "M,mem-path="
                + value(workspace.memory())
                + ",share=on"));
    words.addAll(options.architecture().idleArguments(workspace.idleCode()));
    if (!options.legacy()) {
      words.addAll(List.of("-global", "virtio-mmio.force-legacy=false"));
    }
    // A log of qtest's traffic would fill its pipe, and then stop QEMU.
    words.addAll(List.of("-qtest", "unix:" + value(workspace.qtest()), "-qtest-log", "none"));
    words.addAll(List.of("-qmp", "unix:" + value(workspace.qmp())));
    options.netdevs().forEach(netdev -> words.addAll(List.of("-netdev", netdev)));
    options.devices().forEach(device -> words.addAll(List.of("-device", device)));
    words.addAll(options.arguments());
    return words;
  }

  /** As a value on QEMU's command line, where a comma ends one. */
  private static String value(Path path) {
    return path.toString().replace(",", ",,");
  }

  private static ServerSocketChannel listen(Path path) throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(path));
  }

  private static SocketChannel accept(ServerSocketChannel server, Keeper keeper) {
    var accepted = new CompletableFuture<SocketChannel>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                accepted.complete(server.accept());
              } catch (IOException e) {
                accepted.completeExceptionally(e);
              }
            });
    try {
      CompletableFuture.anyOf(accepted, keeper.onExit())
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (accepted.isDone()) {
        return accepted.get();
      }
      throw new MachineException("QEMU ended before it connected");
    } catch (TimeoutException e) {
      throw new MachineException(
          "QEMU does not connect within %d s".formatted(PATIENCE.toSeconds()), e);
    } catch (ExecutionException e) {
      throw new MachineException("QEMU's connection: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MachineException("interrupted while QEMU was started", e);
    }
  }
}
