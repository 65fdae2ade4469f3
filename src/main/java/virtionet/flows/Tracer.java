package virtionet.flows;

import akka.NotUsed;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.Frame;

/**
 * Tells of each frame that passes in one line, {@linkplain FrameText as here}.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="wrap"}
 */
public final class Tracer {
  private static final Logger LOG = LoggerFactory.getLogger(Tracer.class);

  private Tracer() {}

  /**
   * One way.
   *
   * @param prefix of each line
   * @param lines called by the stream's thread; what it throws is logged, and the frame goes on
   */
  public static Flow<Frame, Frame, NotUsed> flow(String prefix, Consumer<String> lines) {
    Objects.requireNonNull(prefix, "prefix");
    Objects.requireNonNull(lines, "lines");
    return Flow.fromFunction(
        frame -> {
          tell(prefix, frame, lines);
          return frame;
        });
  }

  private static void tell(String prefix, Frame frame, Consumer<String> lines) {
    try {
      lines.accept(prefix + (frame.isReleased() ? "released " + frame : FrameText.of(frame)));
    } catch (RuntimeException e) {
      LOG.warn("a line of the tracer was not taken", e);
    }
  }

  /**
   * Both ways, to be joined with a device's flow: lines that begin with {@code out} and {@code in}.
   */
  public static BidiFlow<Frame, Frame, Frame, Frame, NotUsed> bidi(Consumer<String> lines) {
    return BidiFlow.fromFlows(flow("out ", lines), flow("in  ", lines));
  }

  /** The same into a log, on its level DEBUG; nothing is made of a frame while that is off. */
  public static BidiFlow<Frame, Frame, Frame, Frame, NotUsed> bidi(Logger log) {
    return BidiFlow.fromFlows(logged("out ", log), logged("in  ", log));
  }

  private static Flow<Frame, Frame, NotUsed> logged(String prefix, Logger log) {
    Objects.requireNonNull(log, "log");
    return Flow.fromFunction(
        frame -> {
          if (log.isDebugEnabled()) {
            tell(prefix, frame, log::debug);
          }
          return frame;
        });
  }
}
