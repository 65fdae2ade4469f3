package virtionet.cli.bench.dpdk;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import virtionet.cli.bench.contender.Traffic;
import virtionet.cli.bench.dpdk.Contender.Variant;

/** Starts contenders, each on the core that is the contender's. */
final class Starter {
  /** What the contender's command has an option of the same name for. */
  private static final List<Variant> OPTIONS =
      List.of(
          Variant.SPLIT,
          Variant.PARANOID,
          Variant.POLL,
          Variant.RECORD,
          Variant.METRICS,
          Variant.SPANS,
          Variant.PCAP);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Bench.Site site;

  Starter(Bench.Site site) {
    this.site = site;
  }

  /**
   * Starts one, and waits until it is at work.
   *
   * @param socket of the device; of no meaning to those that use the wire
   */
  Child start(Contender contender, Path socket, Traffic traffic) throws InterruptedException {
    List<String> words = words(contender, socket, traffic);
    Child child = site.cleanup().keep(Child.start(contender.name(), words));
    try {
      if (contender.kind() == Contender.Kind.DPDK) {
        child.await("testpmd>", PATIENCE);
        child.tell("start");
        child.await("testpmd>", PATIENCE);
      } else {
        child.awaitLine("ready", PATIENCE);
      }
    } catch (BenchException | InterruptedException e) {
      site.cleanup().close(child);
      throw e;
    }
    return child;
  }

  private List<String> words(Contender contender, Path socket, Traffic traffic) {
    return switch (contender.kind()) {
      case DPDK -> testpmd(contender, socket, traffic);
      case PACKET ->
          site.wire()
              .inside(
                  onCore(
                      List.of(
                          site.packet().toString(),
                          VethPair.CONTENDER,
                          contender.is(Variant.BATCH) ? "batch" : "plain",
                          traffic.mode().word(),
                          Integer.toString(traffic.size()))));
      case PACKET_JAVA -> site.wire().inside(onCore(java(contender, VethPair.CONTENDER, traffic)));
      case RAW, BATCH, FRAME -> onCore(java(contender, socket.toString(), traffic));
    };
  }

  private List<String> onCore(List<String> words) {
    List<String> all = new ArrayList<>(Child.on(site.contenderCore()));
    all.addAll(words);
    return all;
  }

  /** Its console waits on the device's core, and sleeps; its frames are moved on the other. */
  private List<String> testpmd(Contender contender, Path socket, Traffic traffic) {
    String ring = contender.is(Variant.PACKED) ? ",packed_vq=1,in_order=1,mrg_rxbuf=0" : "";
    List<String> words = new ArrayList<>(List.of("setsid", Tools.TESTPMD));
    words.addAll(
        List.of(
            "-l",
            site.contenderCore() + "," + site.deviceCore(),
            "--main-lcore",
            site.deviceCore(),
            "--single-file-segments"));
    words.addAll(site.memory("user"));
    words.addAll(
        List.of(
            "--vdev",
            "net_virtio_user0,path=%s,queues=1,queue_size=256%s".formatted(socket, ring),
            "--",
            "-i",
            "--nb-cores=1",
            "--total-num-mbufs=8192",
            "--port-topology=loop",
            "--txpkts=" + traffic.size(),
            "--forward-mode=" + mode(traffic)));
    return words;
  }

  private static String mode(Traffic traffic) {
    return switch (traffic.mode()) {
      case IO -> "io";
      case RX -> "rxonly";
      case TX -> "txonly";
    };
  }

  private static List<String> java(Contender contender, String place, Traffic traffic) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add(collector(contender));
    words.addAll(
        List.of(
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            "virtionet.cli.Main",
            "bench-contender",
            contender.kind().word(),
            "--at",
            place,
            "--mode",
            traffic.mode().word(),
            "--size",
            Integer.toString(traffic.size())));
    for (Variant option : OPTIONS) {
      if (contender.is(option)) {
        words.add("--" + option.word());
      }
    }
    return words;
  }

  /** Named, since a JVM that sees one processor would take the serial one. */
  private static String collector(Contender contender) {
    if (contender.is(Variant.PARALLEL)) {
      return "-XX:+UseParallelGC";
    }
    return contender.is(Variant.ZGC) ? "-XX:+UseZGC" : "-XX:+UseG1GC";
  }
}
