package virtionet.flows;

import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.actor.testkit.typed.javadsl.ManualTime;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.testkit.TestPublisher;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import akka.stream.testkit.javadsl.TestSource;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Patience;
import virtionet.testing.TestBytes;

/** Flows with a clock turned by hand, and frames that are counted: at the end all are released. */
final class FlowFixture implements AutoCloseable {
  final ActorSystem<Void> system =
      ActorSystem.create(
          Behaviors.empty(),
          "flows",
          ManualTime.config()
              .withFallback(
                  ConfigFactory.parseString(
                      "akka.loglevel = WARNING\nakka.test.single-expect-default = 30 s"))
              .withFallback(ConfigFactory.load()));
  final TestFrames frames = new TestFrames();
  final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(1).toNanos());
  private final ManualTime time = ManualTime.get(system);

  /** A flow that is fed and emptied by hand. */
  record Run<M>(TestPublisher.Probe<Frame> in, M value, TestSubscriber.Probe<Frame> out) {
    /** Takes a frame, and gives its bytes. */
    byte[] take() {
      Frame frame = out.expectNext();
      byte[] bytes = frame.toByteArray();
      frame.release();
      return bytes;
    }
  }

  <M> Run<M> run(Flow<Frame, Frame, M> flow) {
    var streams =
        TestSource.<Frame>create(system)
            .viaMat(flow, Keep.both())
            .toMat(TestSink.create(system), Keep.both())
            .run(system);
    streams.second().ensureSubscription();
    return new Run<>(streams.first().first(), streams.first().second(), streams.second());
  }

  Frame frame(int number) {
    return frames.make(bytes(number));
  }

  /** A frame of 60 to 159 bytes. */
  static byte[] bytes(int number) {
    return TestBytes.frame(number, 60 + number % 100);
  }

  /** The number of a frame that passed as it was. */
  static int number(byte[] bytes, int most) {
    for (int number = 0; number < most; number++) {
      if (Arrays.equals(bytes, bytes(number))) {
        return number;
      }
    }
    return -1;
  }

  /** Sends so many frames through, and takes what comes of them. */
  List<byte[]> through(Run<?> run, int count) {
    List<byte[]> came = new ArrayList<>();
    run.out().request(4L * count);
    for (int number = 0; number < count; number++) {
      run.in().sendNext(frame(number));
    }
    run.in().sendComplete();
    while (true) {
      var next = run.out().expectNextOrComplete();
      if (next.isLeft()) {
        return came;
      }
      Frame frame = next.getOrElse(() -> Frame.ofLength(0));
      came.add(frame.toByteArray());
      frame.release();
    }
  }

  void advance(Duration duration) {
    clock.addAndGet(duration.toNanos());
    time.timePasses(duration);
  }

  void assertNothingHeld() {
    Patience.until("each frame was released", () -> frames.held() == 0);
  }

  @Override
  public void close() {
    system.terminate();
    DriverOnModel.await(system.getWhenTerminated());
    assertEquals(0, frames.held(), "frames that were not released");
  }
}
