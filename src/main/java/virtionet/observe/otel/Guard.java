package virtionet.observe.otel;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stands between OpenTelemetry and the driver: nothing that goes wrong there is to harm here. */
final class Guard {
  private static final Logger LOG = LoggerFactory.getLogger(OpenTelemetryTracing.class);

  private final AtomicLong failures = new AtomicLong();

  void run(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | LinkageError e) {
      failed(e);
    }
  }

  <T> T get(Supplier<T> step, T otherwise) {
    try {
      return step.get();
    } catch (RuntimeException | LinkageError e) {
      failed(e);
      return otherwise;
    }
  }

  /**
   * Of a library that does not fit the API, the links are missing: an error, and no reason to end.
   */
  private void failed(Throwable failure) {
    if (failures.getAndIncrement() == 0) {
      LOG.warn("OpenTelemetry fails; spans are lost, and this is said once", failure);
    }
  }

  long failures() {
    return failures.get();
  }
}
