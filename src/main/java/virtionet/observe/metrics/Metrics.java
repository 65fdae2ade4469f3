package virtionet.observe.metrics;

import akka.actor.Cancellable;
import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Source;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.net.Gauge;
import virtionet.net.Reading;

/**
 * The driver of an actor system in numbers. Nothing is done until somebody asks, and then only what
 * stands is read: the data path does not notice. Any thread.
 */
public final class Metrics {
  /**
   * A device's actor that waits for its device answers late; its counters can be read meanwhile.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final ActorSystem<?> system;
  private final Map<String, DeviceHandle> handles = new ConcurrentHashMap<>();
  private volatile List<Device.Description> last = List.of();

  /** One question to the driver at a time, however many ask here. */
  private @Nullable CompletableFuture<List<Device.Description>> asked;

  private Metrics(ActorSystem<?> system) {
    this.system = Objects.requireNonNull(system, "system");
  }

  /** Of the driver in this system. The first question starts it, as {@link VirtioNet#get} does. */
  public static Metrics of(ActorSystem<?> system) {
    return new Metrics(system);
  }

  /**
   * All numbers as they stand, within little more than a second. Fails with a {@link
   * virtionet.machine.MachineException} when there is no machine, or the driver has stopped.
   */
  public CompletionStage<MetricsSnapshot> snapshot() {
    return devices()
        .thenApply(Optional::of)
        .completeOnTimeout(Optional.empty(), PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(this::take);
  }

  /**
   * A snapshot now, and one after each interval; one that is not wanted in time is left out. Fails
   * as {@link #snapshot} does.
   */
  public Source<MetricsSnapshot, Cancellable> every(Duration interval) {
    Objects.requireNonNull(interval, "interval");
    return Source.tick(Duration.ZERO, interval, this).mapAsync(1, Metrics::snapshot);
  }

  private synchronized CompletableFuture<List<Device.Description>> devices() {
    CompletableFuture<List<Device.Description>> pending = asked;
    if (pending == null || pending.isDone()) {
      pending = VirtioNet.get(system).devices().toCompletableFuture();
      asked = pending;
    }
    return pending;
  }

  private MetricsSnapshot take(Optional<List<Device.Description>> answer) {
    answer.ifPresent(devices -> last = devices);
    List<DeviceMetrics> devices =
        last.stream().map(device -> metrics(device, answer.isPresent())).toList();
    return new MetricsSnapshot(Instant.now(), System.nanoTime(), process(), devices);
  }

  private DeviceMetrics metrics(Device.Description device, boolean answered) {
    return switch (device) {
      case Device.Up up -> metrics(up.device(), DeviceMetrics.State.UP, "", answered);
      case Device.Recovering down ->
          metrics(down.device(), DeviceMetrics.State.RECOVERING, down.fault().reason(), answered);
      case Device.Failed failed -> metrics(failed);
    };
  }

  private DeviceMetrics metrics(
      DeviceHandle handle, DeviceMetrics.State state, String detail, boolean answered) {
    String name = handle.info().name();
    handles.put(name, handle);
    return new DeviceMetrics(
        name,
        answered ? state : DeviceMetrics.State.BUSY,
        answered ? detail : "it does not answer; the state before was " + state,
        Optional.of(handle),
        handle.readings());
  }

  /** What it counted before it was given up is still of interest. */
  private DeviceMetrics metrics(Device.Failed failed) {
    String name = failed.slot().name();
    Optional<DeviceHandle> before = Optional.ofNullable(handles.get(name));
    return new DeviceMetrics(
        name,
        DeviceMetrics.State.FAILED,
        failed.reason(),
        before,
        before.map(DeviceHandle::readings).orElseGet(() -> List.of(Gauge.DEVICE_UP.reads(0))));
  }

  private static List<Reading> process() {
    var threads = ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class);
    long allocated = threads == null ? -1 : threads.getTotalThreadAllocatedBytes();
    return allocated < 0 ? List.of() : List.of(Gauge.JVM_ALLOCATED_BYTES.reads(allocated));
  }
}
