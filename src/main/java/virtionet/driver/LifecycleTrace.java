package virtionet.driver;

import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.driver.trace.States;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.net.NetDevice;
import virtionet.virtio.DeviceStatus;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.StartListener;

/**
 * Tells the recorder of a device's states, and whoever watches the driver's work of its starts and
 * of the outages between them. For the device's actor alone.
 */
final class LifecycleTrace {
  private static final String DEVICE = "virtionet.device";
  private static final String REASON = "virtionet.reason";

  private final String device;
  private final Tracing tracing;
  private final States states;

  /** What the next recovery is a part of. */
  private Work cause;

  /** From the loss of the device until it is up again or given up. */
  private Work recovery = Work.NONE;

  private boolean recovers;

  /** One start. */
  private Work negotiation = Work.NONE;

  LifecycleTrace(String device, Tracing tracing) {
    this.device = device;
    this.tracing = tracing;
    states = new States(device, "probed");
    cause = tracing.here();
  }

  /** The device is in another state now; arguments as of {@link States#enter}. */
  void enter(String state, String reason) {
    states.enter(state, reason);
    recovery.event(state, REASON, reason);
  }

  /** What follows is for that. */
  void isFor(Work work) {
    cause = work;
  }

  /** The device is down; does nothing while it was before. */
  void down(Fault fault) {
    if (!recovers) {
      recovers = true;
      recovery =
          cause
              .begin("recovery")
              .with(DEVICE, device)
              .with("virtionet.fault", fault.kind().name())
              .with("virtionet.fault.reason", fault.reason());
    }
  }

  /**
   * A start is tried, which hears of its steps from here.
   *
   * @param attempt counted from 1 since the device was last up
   * @param reason why, if it is not the first of all
   */
  void starting(int attempt, String reason) {
    states.enter("starting", reason);
    recovery.event("attempt", "virtionet.attempt", Integer.toString(attempt));
    negotiation =
        (recovers ? recovery : cause)
            .begin("negotiation")
            .with(DEVICE, device)
            .with("virtionet.attempt", attempt);
  }

  /** What is told each step of the start. */
  StartListener steps() {
    Work start = negotiation;
    return new StartListener() {
      @Override
      public void status(int status) {
        start.event("status", "virtio.status", DeviceStatus.toString(status));
      }

      @Override
      public void features(FeatureReport features) {
        if (start.isWatched()) {
          start
              .with(
                  "virtio.features.offered",
                  names(features.lines().stream().filter(FeatureReport.Line::offered)))
              .with(
                  "virtio.features.accepted",
                  names(features.lines().stream().filter(FeatureReport.Line::accepted)));
        }
      }
    };
  }

  private static String names(Stream<FeatureReport.Line> lines) {
    return lines.map(FeatureReport.Line::name).collect(Collectors.joining(", "));
  }

  /** What those are told for who are to carry frames from now on. */
  Work start() {
    return negotiation;
  }

  void startFailed(RuntimeException failure) {
    negotiation.fail(failure);
    negotiation.end();
    recovery.event("attempt failed", REASON, String.valueOf(failure.getMessage()));
  }

  /** The start has succeeded, and what went before it is over. */
  void up(NetDevice net, DeviceEvent.Recovered outage) {
    states.enter("up", "");
    negotiation
        .with("virtionet.mac", net.mac().toString())
        .with("virtionet.mtu", net.mtu())
        .with("virtionet.pairs", net.receiveQueues().size())
        .end();
    recovery
        .with("virtionet.attempts", outage.restarts())
        .with("virtionet.aborted", outage.abortedFrames());
    end("up again");
  }

  void failed(String reason) {
    states.enter("failed", reason);
    recovery.fail(reason);
    end("given up");
  }

  void stopped() {
    states.enter("stopped", "");
    end("stopped");
  }

  private void end(String outcome) {
    recovery.with("virtionet.outcome", outcome).end();
    recovery = Work.NONE;
    recovers = false;
    cause = tracing.here();
  }
}
