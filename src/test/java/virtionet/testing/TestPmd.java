package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * DPDK's testpmd with a vhost-user device on a socket. Without huge pages of its own, and on two
 * cores, one of which it keeps busy.
 */
public final class TestPmd implements AutoCloseable {
  static final String PROGRAM = "dpdk-testpmd";

  private static final AtomicInteger COUNT = new AtomicInteger();

  private final Process process;
  private final Path output;

  /**
   * Sends each frame back on the pair that it came on.
   *
   * @param device further words for the device, such as {@code client=1}
   */
  public static TestPmd loop(Path socket, int pairs, String... device) throws IOException {
    return start(
        List.of(),
        vhost(socket, pairs, device),
        List.of("--port-topology=loop", "--rxq=" + pairs, "--txq=" + pairs, "--forward-mode=io"));
  }

  /** Passes frames on to a tap device and from it, in that namespace. */
  public static TestPmd onTap(String namespace, String tap, Path socket) throws IOException {
    List<String> words = new ArrayList<>(vhost(socket, 1));
    words.addAll(List.of("--vdev", "net_tap0,iface=" + tap));
    return start(List.of("ip", "netns", "exec", namespace), words, List.of("--forward-mode=io"));
  }

  private static List<String> vhost(Path socket, int pairs, String... device) {
    return List.of(
        "--vdev",
        "net_vhost0,iface=%s,queues=%d".formatted(socket, pairs)
            + (device.length == 0 ? "" : "," + String.join(",", device)));
  }

  private static TestPmd start(List<String> before, List<String> devices, List<String> mode)
      throws IOException {
    List<String> words = new ArrayList<>(before);
    words.add(PROGRAM);
    String prefix =
        "virtionet-%d-%d".formatted(ProcessHandle.current().pid(), COUNT.incrementAndGet());
    words.addAll(
        List.of("-l", "0,1", "--no-pci", "--no-huge", "-m", "256", "--file-prefix", prefix));
    words.addAll(devices);
    words.addAll(List.of("--", "-i", "--nb-cores=1", "--total-num-mbufs=8192", "--auto-start"));
    words.addAll(mode);
    Path output = Files.createTempFile("testpmd-", ".log");
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    var testpmd = new TestPmd(process, output);
    try {
      Patience.until("testpmd is ready: " + output, testpmd::isReady);
    } catch (AssertionError e) {
      testpmd.close();
      throw new AssertionError(testpmd.said(), e);
    }
    return testpmd;
  }

  private TestPmd(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  private boolean isReady() {
    assertTrue(process.isAlive(), this::said);
    return said().contains("testpmd>");
  }

  /** What it has printed. */
  public String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it without a warning. */
  public void kill() throws InterruptedException {
    process.toHandle().descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    assertTrue(process.waitFor(Patience.SECONDS, TimeUnit.SECONDS), "testpmd does not end");
  }

  @Override
  public void close() throws IOException {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
