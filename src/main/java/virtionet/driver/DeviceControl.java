package virtionet.driver;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.javadsl.AskPattern;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import virtionet.net.Coalescing;
import virtionet.net.CoalescingCommand;
import virtionet.net.ControlCommand;
import virtionet.net.ControlOutcome.Accepted;
import virtionet.net.Counter;
import virtionet.net.Counters;
import virtionet.net.GuestOffloads;
import virtionet.net.HashConfig;
import virtionet.net.MacAddress;
import virtionet.net.MacTable;
import virtionet.net.NetFeature;
import virtionet.net.ReceiveMode;
import virtionet.net.RssConfig;

/**
 * What a device can be told to do besides carrying frames (VirtIO 1.3 §5.1.6.5). Commands are done
 * one after the other. Any thread.
 *
 * <p>A value that no device could take is refused at once, with an {@link
 * IllegalArgumentException}. What is returned completes when the device has answered, or fails with
 * a {@link ControlException} that tells why not. How a device filters before it was told anything
 * is its own affair: most let everything pass.
 */
public final class DeviceControl {
  /** What may be told in addition to one command's time: those before it have theirs as well. */
  private static final Duration QUEUEING = Duration.ofSeconds(30);

  /** Commands that may wait for their answers; far more than wait for the device. */
  private static final int MOST_PENDING = 1_000;

  private final ActorRef<ControlRequest> device;
  private final Scheduler scheduler;
  private final Duration patience;
  private final List<Announcer> announcers = new CopyOnWriteArrayList<>();

  /** What waits for an answer: none is forgotten however the driver ends. */
  private final Map<Long, CompletableFuture<Accepted>> pending = new ConcurrentHashMap<>();

  private final AtomicInteger pendingCount = new AtomicInteger();
  private final AtomicLong lastNumber = new AtomicLong();
  private final Counters counters;

  private volatile @Nullable String ended;

  /** Somebody who can announce the station to its network, as a gratuitous ARP does. */
  @FunctionalInterface
  public interface Announcer {
    /** Announces it; completes when that is done. */
    CompletionStage<?> announce();
  }

  DeviceControl(
      ActorRef<ControlRequest> device,
      Scheduler scheduler,
      Duration controlTimeout,
      Counters counters) {
    this.counters = counters;
    this.device = device;
    this.scheduler = scheduler;
    patience = controlTimeout.plus(QUEUEING);
  }

  /** Takes the same commands as messages. */
  public ActorRef<ControlRequest> actor() {
    return device;
  }

  /** Does this command. */
  public CompletionStage<Done> execute(ControlCommand command) {
    return ask(command).thenApply(answer -> Done.getInstance());
  }

  /** Whether every frame passes, whatever its address. */
  public CompletionStage<Done> promiscuous(boolean on) {
    return receiveMode(ReceiveMode.PROMISCUOUS, on);
  }

  /** Whether every frame to a group passes. */
  public CompletionStage<Done> allMulticast(boolean on) {
    return receiveMode(ReceiveMode.ALL_MULTICAST, on);
  }

  /** Switches a receive mode. */
  public CompletionStage<Done> receiveMode(ReceiveMode mode, boolean on) {
    return execute(new ControlCommand.SetReceiveMode(mode, on));
  }

  /**
   * The addresses whose frames pass besides the device's own and broadcasts, in place of those
   * before. Where the device has no room for so many, it is told to let all pass.
   */
  public CompletionStage<Done> macTable(List<MacAddress> unicast, List<MacAddress> multicast) {
    return execute(new MacTable(unicast, multicast));
  }

  /**
   * Gives the device another address: see {@link DeviceEvent.MacChanged}. A TCP/IP stack on it
   * keeps the address that it was started with: start a new one after this.
   */
  public CompletionStage<Done> setMac(MacAddress mac) {
    return execute(new ControlCommand.SetMacAddress(mac));
  }

  /**
   * Lets tagged frames of a VLAN pass. A device that filters lets none pass until it is told.
   *
   * @param id 1 to 4094
   */
  public CompletionStage<Done> addVlan(int id) {
    return execute(new ControlCommand.AddVlan(id));
  }

  /** Holds them back again. */
  public CompletionStage<Done> removeVlan(int id) {
    return execute(new ControlCommand.RemoveVlan(id));
  }

  /** How many queue pairs are in use, with automatic steering. */
  public CompletionStage<Done> queuePairs(int pairs) {
    return execute(new ControlCommand.SetQueuePairs(pairs));
  }

  /** How received frames are spread over the queue pairs by their hash. */
  public CompletionStage<Done> steerByHash(RssConfig config) {
    return execute(config);
  }

  /** Which hashes are reported with received frames: see {@link virtionet.net.Frame#hash}. */
  public CompletionStage<Done> reportHashes(HashConfig config) {
    return execute(config);
  }

  /** Which of the negotiated receive offloads are in use. */
  public CompletionStage<Done> guestOffloads(Set<NetFeature> on) {
    return execute(new GuestOffloads(on));
  }

  /** When the device interrupts for received frames. */
  public CompletionStage<Done> coalesceReceive(Coalescing coalescing) {
    return execute(new CoalescingCommand.SetReceive(coalescing));
  }

  /** When the device interrupts for transmitted frames. */
  public CompletionStage<Done> coalesceTransmit(Coalescing coalescing) {
    return execute(new CoalescingCommand.SetTransmit(coalescing));
  }

  /** When the device interrupts for one queue; 0 receives, 1 transmits. */
  public CompletionStage<Done> coalesce(int queue, Coalescing coalescing) {
    return execute(new CoalescingCommand.SetQueue(queue, coalescing));
  }

  /** The same as it is now. */
  public CompletionStage<Coalescing> coalescing(int queue) {
    var question = new CoalescingCommand.GetQueue(queue);
    return ask(question).thenApply(answer -> question.decode(answer.reply()));
  }

  /**
   * From now on this one is asked whenever the device wants its station announced (§5.1.6.5.4); the
   * device is told when all were done. While there is nobody, it is told at once.
   */
  public void announceBy(Announcer announcer) {
    announcers.add(announcer);
  }

  /** From now on it is not. */
  public void stopAnnouncingBy(Announcer announcer) {
    announcers.remove(announcer);
  }

  /** Has all announcers announce; completes when each has done so or failed. */
  CompletionStage<Done> announce() {
    return CompletableFuture.allOf(
            announcers.stream()
                .map(DeviceControl::announceBySome)
                .toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> Done.getInstance());
  }

  private static CompletableFuture<?> announceBySome(Announcer announcer) {
    CompletionStage<?> done;
    try {
      done = announcer.announce();
    } catch (RuntimeException e) {
      done = CompletableFuture.failedStage(e);
    }
    return done.handle(
            (ok, failure) -> {
              if (failure != null) {
                Announcement.LOG.warn("a station could not be announced: {}", failure.toString());
              }
              return Done.getInstance();
            })
        .toCompletableFuture();
  }

  /** Refused here, a flood of commands is no flood of messages. */
  private CompletionStage<Accepted> ask(ControlCommand command) {
    if (pendingCount.incrementAndGet() > MOST_PENDING) {
      pendingCount.decrementAndGet();
      counters.increment(Counter.CONTROL_REFUSED);
      return CompletableFuture.failedStage(
          new ControlException(
              ControlException.Kind.BUSY,
              MOST_PENDING + " control commands wait for their answers already"));
    }
    var answer = new CompletableFuture<Accepted>();
    long number = lastNumber.incrementAndGet();
    pending.put(number, answer);
    String reason = ended;
    if (reason != null) {
      answer.completeExceptionally(lost(reason));
    } else {
      AskPattern.<ControlRequest, ControlRequest.Reply>ask(
              device, replyTo -> new ControlRequest(command, replyTo), patience, scheduler)
          .whenComplete((reply, failure) -> complete(answer, reply, failure));
    }
    return answer
        .whenComplete(
            (done, failure) -> {
              pending.remove(number);
              pendingCount.decrementAndGet();
            })
        .minimalCompletionStage();
  }

  private void complete(
      CompletableFuture<Accepted> answer,
      ControlRequest.@Nullable Reply reply,
      @Nullable Throwable failure) {
    switch (reply) {
      case ControlRequest.Done done -> answer.complete(done.answer());
      case ControlRequest.Failed failed -> answer.completeExceptionally(failed.reason());
      case null ->
          answer.completeExceptionally(
              new ControlException(
                  ControlException.Kind.TIMEOUT,
                  "no answer within %d ms: %s".formatted(patience.toMillis(), failure)));
    }
  }

  private static ControlException lost(String reason) {
    return new ControlException(ControlException.Kind.DEVICE_LOST, reason);
  }

  /** From now on every new command fails with this; those before have their own answers. */
  void refuse(String reason) {
    ended = reason;
  }

  /** The same when nobody is left to answer: each that waits fails as well. */
  void end(String reason) {
    refuse(reason);
    pending.values().forEach(answer -> answer.completeExceptionally(lost(reason)));
  }
}
