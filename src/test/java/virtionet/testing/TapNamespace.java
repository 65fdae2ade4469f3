package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuOptions;
import virtionet.net.MacAddress;

/**
 * A Linux network stack at the far end of a QEMU's network card: a network namespace of its own, in
 * it the tap device {@value #TAP}, up and with addresses. Nothing of it is to be seen outside, and
 * nothing is left of it after the close.
 */
public final class TapNamespace implements AutoCloseable {
  public static final String TAP = "tap0";

  /** The tap device's own address. */
  public static final MacAddress LINUX_MAC = MacAddress.parse("02:00:00:00:00:99");

  /** Linux' addresses; ours are beside them, and known to Linux by {@link #neighbour}. */
  public static final String LINUX_V4 = "10.99.0.1";

  public static final String OURS_V4 = "10.99.0.2";
  public static final String LINUX_V6 = "fd99::1";
  public static final String OURS_V6 = "fd99::2";

  private static final int CLONE_NEWNET = 0x40000000;
  private static final long LIMIT_SECONDS = 60;
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Linker LINKER = Linker.nativeLinker();

  private final String name =
      "virtionet-%d-%d".formatted(ProcessHandle.current().pid(), COUNT.incrementAndGet());
  private final Path folder = Files.createTempDirectory("virtionet-tap-");

  private TapNamespace() throws IOException {}

  /** With one queue. */
  public static TapNamespace create() throws IOException {
    return create("mode", "tap");
  }

  /**
   * With a tap device of some kind.
   *
   * @param kind as {@code ip tuntap add} takes it, such as {@code mode tap multi_queue}
   */
  public static TapNamespace create(String... kind) throws IOException {
    var namespace = new TapNamespace();
    try {
      namespace.run("ip", "netns", "add", namespace.name);
      namespace.ip(Stream.concat(Stream.of("tuntap", "add", TAP), Stream.of(kind)));
      namespace.ip("address", "add", LINUX_V4 + "/24", "dev", TAP);
      namespace.ip("address", "add", LINUX_V6 + "/64", "dev", TAP, "nodad");
      namespace.ip("link", "set", TAP, "address", LINUX_MAC.toString(), "up");
      return namespace;
    } catch (IOException | AssertionError e) {
      namespace.close();
      throw e;
    }
  }

  /** Runs {@code ip} with these words in the namespace; fails when it does. */
  public void ip(String... words) throws IOException {
    ip(Stream.of(words));
  }

  private void ip(Stream<String> words) throws IOException {
    run(Stream.concat(Stream.of("ip", "-n", name), words).toArray(String[]::new));
  }

  /** Tells Linux who has our addresses. */
  public void neighbour(String mac) throws IOException {
    for (String address : List.of(OURS_V4, OURS_V6)) {
      ip("neighbour", "replace", address, "lladdr", mac, "dev", TAP, "nud", "permanent");
    }
  }

  /** These options with QEMU in the namespace and its card on the tap device. */
  public QemuOptions apply(QemuOptions options) throws IOException {
    Path script = folder.resolve("qemu-in-namespace");
    Files.writeString(
        script,
        "#!/bin/sh\nexec ip netns exec %s %s \"$@\"\n"
            .formatted(name, onPath(options.architecture())));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return options
        .withBinary(script)
        .withNetdevs("tap,id=net0,ifname=%s,script=no,downscript=no".formatted(TAP));
  }

  private static Path onPath(QemuArchitecture architecture) {
    return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator, -1))
        .map(at -> Path.of(at, architecture.binary()))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  /**
   * Does something as if the namespace were the whole network, on a thread of its own. A socket
   * that is made there stays there, and may be used by any thread.
   */
  public <T> T inside(Callable<T> what) throws Exception {
    var task =
        new FutureTask<T>(
            () -> {
              enter();
              return what.call();
            });
    // Not a virtual thread: its carrier would stay in the namespace.
    Thread.ofPlatform().name("in-" + name).start(task);
    return task.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private void enter() {
    FunctionDescriptor open =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    FunctionDescriptor setns =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    FunctionDescriptor close = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom("/run/netns/" + name);
      int file = (int) handle("open", open).invokeExact(path, 0);
      assertTrue(file >= 0, "there is no namespace " + name);
      int entered = (int) handle("setns", setns).invokeExact(file, CLONE_NEWNET);
      int closed = (int) handle("close", close).invokeExact(file);
      assertTrue(entered == 0 && closed == 0, "namespace " + name + " cannot be entered");
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle handle(String function, FunctionDescriptor type) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(function), type);
  }

  /** Waits until Linux sends over the tap device: some time after QEMU has opened it. */
  public void awaitUp() {
    Patience.until(
        TAP + " is up", () -> asked("ip", "-n", name, "link", "show", TAP).contains("state UP"));
  }

  /** Sends a frame as it is, whatever Linux thinks of it, out of the tap device. */
  public void sendRaw(byte[] frame) throws Exception {
    inside(
        () -> {
          PacketSocket.send(TAP, frame);
          return frame.length;
        });
  }

  /** Has Linux send the data in datagrams of that many bytes, all given to it at once. */
  public void sendSegmented(InetSocketAddress to, byte[] data, int size) throws Exception {
    inside(
        () -> {
          SegmentedUdp.send(to, data, size);
          return data.length;
        });
  }

  /** Starts a program in the namespace, which the caller ends. */
  public Process start(Path output, String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(List.of(command));
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  /** Its name for ip(8). */
  public String name() {
    return name;
  }

  /** The addresses that a bridge in the namespace has learned at the tap device. */
  public List<String> learned() {
    String table = asked("bridge", "-n", name, "fdb", "show", "brport", TAP, "dynamic");
    return table.lines().map(line -> line.substring(0, line.indexOf(' '))).toList();
  }

  /** Whom Linux believes to have our IPv4 address; empty while it knows nobody. */
  public Optional<MacAddress> ourStation() {
    String entry = asked("ip", "-n", name, "neighbour", "show", "to", OURS_V4, "dev", TAP);
    List<String> words = List.of(entry.strip().split(" +"));
    int at = words.indexOf("lladdr");
    return at < 0 ? Optional.empty() : Optional.of(MacAddress.parse(words.get(at + 1)));
  }

  /** Bytes that QEMU has taken from the tap device until now, and with them all before them. */
  public long taken() {
    String file = "/sys/class/net/%s/statistics/tx_bytes".formatted(TAP);
    return Long.parseLong(asked("ip", "netns", "exec", name, "cat", file).strip());
  }

  private String asked(String... command) {
    try {
      return run(command);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), command[0] + " does not end");
      List<String> words = new ArrayList<>(List.of(command));
      assertTrue(process.exitValue() == 0, () -> String.join(" ", words) + ": " + said.strip());
      return said;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Removes the namespace with all that is in it; QEMU is to be ended before. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(folder.resolve("qemu-in-namespace"));
    Files.deleteIfExists(folder);
    if (Files.exists(Path.of("/run/netns", name))) {
      run("ip", "netns", "delete", name);
    }
  }

  @Override
  public String toString() {
    return "namespace " + name;
  }
}
