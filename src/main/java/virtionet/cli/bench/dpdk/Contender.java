package virtionet.cli.bench.dpdk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who is measured, and how it differs from its usual self.
 *
 * @param variants in the order of their names
 */
public record Contender(Kind kind, List<Variant> variants) {
  static final Contender DPDK = new Contender(Kind.DPDK, List.of());

  /** Those of a run that names none. */
  public static final String USUAL =
      "dpdk,dpdk:packed,raw,batch,batch:poll,frame,frame:poll,packet,packet:batch,packet-java";

  /** Programs. */
  public enum Kind {
    DPDK("dpdk", "DPDK virtio-user (C)"),
    RAW("raw", "virtionet, raw queues"),
    BATCH("batch", "virtionet, stream of batches"),
    FRAME("frame", "virtionet, stream of frames"),
    PACKET("packet", "AF_PACKET, C"),
    PACKET_JAVA("packet-java", "AF_PACKET, Java");

    private static final List<Variant> STREAM =
        List.of(
            Variant.POLL,
            Variant.SPLIT,
            Variant.PARANOID,
            Variant.PARALLEL,
            Variant.ZGC,
            Variant.RECORD,
            Variant.METRICS,
            Variant.SPANS);

    private final String word;
    private final String title;

    Kind(String word, String title) {
      this.word = word;
      this.title = title;
    }

    List<Variant> variants() {
      return switch (this) {
        case DPDK -> List.of(Variant.PACKED);
        case RAW -> List.of(Variant.SPLIT, Variant.PARANOID, Variant.PARALLEL, Variant.ZGC);
        case BATCH -> STREAM;
        case FRAME -> Stream.concat(STREAM.stream(), Stream.of(Variant.PCAP)).toList();
        case PACKET -> List.of(Variant.BATCH);
        case PACKET_JAVA -> List.of(Variant.PARALLEL, Variant.ZGC);
      };
    }

    /** Whether it is a Java program. */
    boolean isJava() {
      return this != DPDK && this != PACKET;
    }

    /** Whether its frames go through the kernel, over a veth pair. */
    boolean isKernel() {
      return this == PACKET || this == PACKET_JAVA;
    }

    String word() {
      return word;
    }
  }

  /** What may be otherwise. */
  public enum Variant {
    /** DPDK: its best configuration. */
    PACKED("packed ring"),
    /** Streams: interrupts are waited for only after a while without frames. */
    POLL("busy-poll 100 µs"),
    SPLIT("split ring"),
    PARANOID("paranoid"),
    PARALLEL("Parallel GC"),
    ZGC("ZGC"),
    /** Observed: by a flight recording. */
    RECORD("recorded"),
    /** Observed: asked for its metrics each second. */
    METRICS("metrics asked for"),
    /** Observed: spans of OpenTelemetry, of one batch in so many. */
    SPANS("spans"),
    /** Observed: by a capture of both ways, which is thrown away. */
    PCAP("captured"),
    /** AF_PACKET: a system call for many frames. */
    BATCH("recvmmsg/sendmmsg");

    private final String title;

    Variant(String title) {
      this.title = title;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** All words that there are, for people. */
  public static String words() {
    return Arrays.stream(Kind.values())
        .map(
            kind ->
                Stream.concat(Stream.of(kind.word), kind.variants().stream().map(Variant::word))
                        .collect(Collectors.joining("[:"))
                    + "]".repeat(kind.variants().size()))
        .collect(Collectors.joining(", "));
  }

  /**
   * Reads contenders, such as {@code raw,raw:zgc:paranoid}.
   *
   * @throws IllegalArgumentException that names the word that is none
   */
  public static List<Contender> parseAll(String text) {
    List<Contender> contenders = new ArrayList<>();
    for (String word : text.split(",", -1)) {
      contenders.add(parse(word.strip()));
    }
    if (contenders.stream().distinct().count() < contenders.size()) {
      throw new IllegalArgumentException("a contender is named twice in " + text);
    }
    return List.copyOf(contenders);
  }

  private static Contender parse(String text) {
    String[] words = text.split(":", -1);
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(each -> each.word.equals(words[0]))
            .findFirst()
            .orElseThrow(() -> unknown("contender", words[0]));
    List<Variant> variants =
        Arrays.stream(words)
            .skip(1)
            .map(
                word ->
                    kind.variants().stream()
                        .filter(each -> each.word().equals(word))
                        .findFirst()
                        .orElseThrow(() -> unknown("kind of " + kind.word, word)))
            .sorted()
            .toList();
    if (variants.containsAll(List.of(Variant.PARALLEL, Variant.ZGC))
        || variants.stream().distinct().count() < variants.size()) {
      throw new IllegalArgumentException("%s: its variants exclude each other".formatted(text));
    }
    return new Contender(kind, variants);
  }

  private static IllegalArgumentException unknown(String what, String word) {
    return new IllegalArgumentException(
        "there is no %s '%s'; there are %s".formatted(what, word, words()));
  }

  boolean is(Variant variant) {
    return variants.contains(variant);
  }

  /** As on the command line, and in JSON. */
  String name() {
    return Stream.concat(Stream.of(kind.word), variants.stream().map(Variant::word))
        .collect(Collectors.joining(":"));
  }

  /** For people. */
  String title() {
    return Stream.concat(Stream.of(kind.title), variants.stream().map(each -> each.title))
        .collect(Collectors.joining(", "));
  }
}
