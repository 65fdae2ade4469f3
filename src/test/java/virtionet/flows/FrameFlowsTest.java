package virtionet.flows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.NotUsed;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import ch.qos.logback.classic.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.VlanTag;
import virtionet.testing.CapturedLog;
import virtionet.testing.TestBytes;

/** Tracer, VLAN tags, MAC filter. */
class FrameFlowsTest {
  private static final MacAddress ME = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress YOU = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:01");

  private final FlowFixture flows = new FlowFixture();

  @AfterEach
  void close() {
    flows.close();
  }

  private Frame frame(MacAddress to, MacAddress from) {
    byte[] bytes = TestBytes.frame(1, 60);
    System.arraycopy(to.toBytes(), 0, bytes, 0, 6);
    System.arraycopy(from.toBytes(), 0, bytes, 6, 6);
    return flows.frames.make(bytes);
  }

  /** What comes of these frames. */
  private <M> List<byte[]> of(FlowFixture.Run<M> run, Frame... frames) {
    run.out().request(frames.length);
    List<Frame> sent = List.of(frames);
    sent.forEach(run.in()::sendNext);
    run.in().sendComplete();
    List<byte[]> came = new ArrayList<>();
    for (var next = run.out().expectNextOrComplete();
        next.isRight();
        next = run.out().expectNextOrComplete()) {
      Frame frame = next.getOrElse(() -> Frame.ofLength(0));
      came.add(frame.toByteArray());
      frame.release();
    }
    flows.assertNothingHeld();
    return came;
  }

  @Test
  void theFilterPassesWhatIsForTheStationAndForGroups() {
    var run = flows.run(MacFilter.to(Set.of(ME)));
    List<byte[]> came =
        of(
            run,
            frame(ME, YOU),
            frame(YOU, ME),
            frame(MacAddress.BROADCAST, YOU),
            frame(GROUP, YOU),
            flows.frames.make(13));
    assertEquals(
        List.of(ME, MacAddress.BROADCAST, GROUP),
        came.stream().map(bytes -> MacAddress.of(bytes, 0)).toList());
    assertEquals(3, run.value().get(FlowCounter.PASSED));
    assertEquals(2, run.value().get(FlowCounter.DROPPED_FILTERED));
  }

  @Test
  void theFilterKeepsWhatComesFromAStationAway() {
    var run = flows.run(MacFilter.notFrom(Set.of(YOU)));
    assertEquals(1, of(run, frame(ME, YOU), frame(YOU, ME), frame(GROUP, YOU)).size());
    assertEquals(2, run.value().get(FlowCounter.DROPPED_FILTERED));
  }

  @Test
  void framesGoOutTaggedAndComeBackBare() {
    List<byte[]> wire = new ArrayList<>();
    // The far end sends back what it gets.
    Flow<Frame, Frame, NotUsed> far =
        Flow.fromFunction(
            frame -> {
              wire.add(frame.toByteArray());
              return frame;
            });
    var run = flows.run(VlanTagger.bidi(VlanTag.of(7), flows.frames::make).join(far, Keep.left()));
    byte[] bytes = TestBytes.frame(3, 100);
    List<byte[]> came = of(run, flows.frames.make(bytes));
    assertArrayEquals(bytes, came.getFirst());
    assertEquals(104, wire.getFirst().length);
    assertEquals(7, VlanTag.read(Frame.wrap(wire.getFirst())).orElseThrow().id());
    assertEquals(1, run.value().first().get(FlowCounter.TAGGED));
    assertEquals(1, run.value().second().get(FlowCounter.TAGGED));
  }

  @Test
  void framesOfOtherVlansAndOfNoneAreDroppedAndSoAreThoseThatCanBearNoTag() {
    Flow<Frame, Frame, NotUsed> nothing = Flow.<Frame>create();
    var toDevice =
        flows.run(VlanTagger.bidi(VlanTag.of(7), flows.frames::make).join(nothing, Keep.left()));
    assertEquals(0, of(toDevice, flows.frames.make(13)).size());
    assertEquals(1, toDevice.value().first().get(FlowCounter.DROPPED_UNTAGGABLE));
    var fromDevice =
        flows.run(
            BidiFlow.<Frame, Frame>identity()
                .join(
                    VlanTagger.bidi(VlanTag.of(7), flows.frames::make)
                        .reversed()
                        .join(nothing, Keep.left()),
                    Keep.right()));
    Frame other = VlanTag.of(8).push(flows.frame(1), flows.frames::make);
    assertEquals(0, of(fromDevice, other, flows.frame(2)).size());
    assertEquals(2, fromDevice.value().second().get(FlowCounter.DROPPED_OTHER_VLAN));
  }

  @Test
  void aLineIsToldOfEachFrameOfEitherWayAndAFailingListenerStopsNone() {
    List<String> lines = new ArrayList<>();
    var run = flows.run(Tracer.bidi(lines::add).join(Flow.<Frame>create()));
    of(run, frame(YOU, ME));
    String line = "02:00:00:00:00:01 > 02:00:00:00:00:02, type 0x88b5, length 60";
    assertEquals(List.of("out " + line, "in  " + line), lines);
    try (var log = new CapturedLog(Level.WARN)) {
      var failing =
          flows.run(
              Tracer.flow(
                  "",
                  text -> {
                    throw new IllegalStateException("no more lines");
                  }));
      assertEquals(1, of(failing, frame(YOU, ME)).size());
      assertEquals(1, log.lines(Level.WARN, "a line of the tracer was not taken").size());
    }
  }

  @Test
  void theLogHasTheLinesOnItsLevelDebugAlone() {
    var logger = LoggerFactory.getLogger("virtionet.flows.test");
    for (Level level : List.of(Level.DEBUG, Level.INFO)) {
      try (var log = new CapturedLog(level)) {
        of(flows.run(Tracer.bidi(logger).join(Flow.<Frame>create())), frame(YOU, ME));
        int expected = level == Level.DEBUG ? 2 : 0;
        assertEquals(expected, log.lines(Level.DEBUG, "type 0x88b5").size());
      }
    }
  }
}
