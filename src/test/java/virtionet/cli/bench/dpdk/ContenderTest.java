package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.cli.bench.contender.Mode;

/** Who may take part, and what they are measured by. */
class ContenderTest {

  @Test
  void theUsualOnesAreKnown() {
    assertEquals(10, Contender.parseAll(Contender.USUAL).size());
    assertEquals(Contender.DPDK, Contender.parseAll(Contender.USUAL).getFirst());
  }

  @Test
  void streamsCanBeObserved() {
    assertEquals(
        "virtionet, stream of frames, recorded, metrics asked for, spans, captured",
        MadeUp.contender("frame:pcap:spans:metrics:record").title());
    assertEquals("batch:record:metrics", MadeUp.contender("batch:metrics:record").name());
  }

  @Test
  void theOrderOfTheVariantsMakesNoOtherContender() {
    assertEquals(MadeUp.contender("raw:paranoid:split"), MadeUp.contender("raw:split:paranoid"));
    assertEquals("raw:split:paranoid", MadeUp.contender("raw:paranoid:split").name());
    assertEquals(
        "virtionet, raw queues, split ring, paranoid",
        MadeUp.contender("raw:paranoid:split").title());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "raw,",
        "Raw",
        "raw:",
        "raw:packed",
        "dpdk:split",
        "raw:zgc:parallel",
        "raw:zgc:zgc",
        "raw,raw",
        "raw:split:zgc,raw:zgc:split",
        "raw:record",
        "batch:pcap",
        "packet-java:paranoid"
      })
  void whatIsNoContenderIsRefused(String text) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> Contender.parseAll(text));
    assertTrue(String.valueOf(refusal.getMessage()).length() > 10, refusal.getMessage());
  }

  @Test
  void onlyTheSmallestFramesAreTimed() {
    List<String> titles =
        Trial.all(List.of(Mode.IO, Mode.TX), List.of(1500, 64)).stream().map(Trial::title).toList();
    assertEquals(
        List.of(
            "io 1500 B, 256 in flight",
            "io 64 B, 256 in flight",
            "io 64 B, 1 in flight",
            "io 64 B, 100,000 frames/s",
            "io 64 B, 1,000,000 frames/s",
            "tx 1500 B",
            "tx 64 B"),
        titles);
  }
}
