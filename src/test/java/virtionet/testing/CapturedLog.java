package virtionet.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What is logged below {@code virtionet} from a level on, kept from the console. */
public final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final Logger logger = (Logger) LoggerFactory.getLogger("virtionet");
  private final @Nullable Level before = logger.getLevel();
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

  public CapturedLog(Level level) {
    setContext(logger.getLoggerContext());
    start();
    logger.setAdditive(false);
    logger.setLevel(level);
    logger.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    // Now, as long as what it tells of is as it was.
    event.prepareForDeferredProcessing();
    events.add(event);
  }

  /** The lines of this level that contain the text. */
  public List<String> lines(Level level, String text) {
    return events.stream()
        .filter(event -> event.getLevel().equals(level))
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.contains(text))
        .toList();
  }

  /** Where the exceptions come from that were told of on this level. */
  public List<StackTraceElementProxy> traces(Level level) {
    return events.stream()
        .filter(event -> event.getLevel().equals(level) && event.getThrowableProxy() != null)
        .flatMap(event -> Stream.of(event.getThrowableProxy().getStackTraceElementProxyArray()))
        .toList();
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setLevel(before);
    logger.setAdditive(true);
    stop();
  }
}
