package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Both ends of a wire through the kernel, in a network namespace of their own. */
final class VethPair implements AutoCloseable {
  /** The judge's end. */
  static final String DEVICE = "bench0";

  /** The contender's. */
  static final String CONTENDER = "bench1";

  private final String name;

  private VethPair(String name) {
    this.name = name;
  }

  /** Makes it; what has gone wrong is undone. */
  static VethPair create() throws IOException, InterruptedException {
    var pair = new VethPair("virtionet-bench-" + ProcessHandle.current().pid());
    Tools.run(List.of("ip", "netns", "add", pair.name));
    try {
      // Nobody but the two is to send anything there.
      Tools.run(
          pair.inside(
              List.of("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")));
      pair.ip("link", "add", DEVICE, "type", "veth", "peer", "name", CONTENDER);
      pair.ip("link", "set", DEVICE, "up");
      pair.ip("link", "set", CONTENDER, "up");
      return pair;
    } catch (BenchException | IOException | InterruptedException e) {
      pair.close();
      throw e;
    }
  }

  private void ip(String... words) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("ip", "-n", name));
    all.addAll(List.of(words));
    Tools.run(all);
  }

  /** Words that run these in the namespace. */
  List<String> inside(List<String> words) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(words);
    return all;
  }

  @Override
  public void close() throws IOException {
    if (!Files.exists(Path.of("/run/netns", name))) {
      return;
    }
    try {
      Tools.run(List.of("ip", "netns", "delete", name));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public String toString() {
    return "namespace " + name;
  }
}
