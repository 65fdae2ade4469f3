package virtionet.stream;

import akka.actor.Terminated;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.AskPattern;
import akka.japi.Pair;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractGraphStageWithMaterializedValue;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStageLogic;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.runtime.BoxedUnit;
import virtionet.driver.Client;
import virtionet.driver.Connect;
import virtionet.driver.HandOff;
import virtionet.driver.VirtioNetDriver;
import virtionet.driver.trace.ConnectTrace;
import virtionet.driver.trace.Deliveries;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.Work;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.FrameBatches;

/**
 * One client of a device: frames in are transmitted, received frames come out, one by one or in
 * batches.
 *
 * <p>The inlet is back-pressured until the device is connected, and whenever its ring and the
 * hand-off before it are full. Its completion leaves the outlet open (or, in a sink, ends the stage
 * once all was passed to the ring); its failure fails the stage. Cancelling the outlet ends the
 * stage. Frames that were passed in are still sent. When the device is lost the stage fails: at
 * once where nothing is pulled, else after the received frames that wait.
 *
 * @see virtionet.VirtioNet
 */
public final class EthernetStage<E>
    extends AbstractGraphStageWithMaterializedValue<
        FlowShape<E, E>, CompletionStage<EthernetConnection>> {
  private static final AtomicLong CLIENTS = new AtomicLong();

  /**
   * In the first the stage's own graph does all it has to, but for a limit of events that are done
   * at once; in the second what the limit left over, which is never more than one for each stage.
   */
  private static final int ROUNDS_TO_REST = 2;

  private final Inlet<E> in = Inlet.create("Ethernet.in");
  private final Outlet<E> out = Outlet.create("Ethernet.out");
  private final FlowShape<E, E> shape = FlowShape.of(in, out);

  private final ActorSystem<?> system;
  private final ActorRef<VirtioNetDriver.Command> driver;
  private final Optional<String> device;
  private final OptionalInt pair;
  private final StreamSettings settings;
  private final boolean endsWhenSent;
  private final Elements<E> elements;

  /** A stage of frames. */
  public static EthernetStage<Frame> ofFrames(
      ActorSystem<?> system,
      ActorRef<VirtioNetDriver.Command> driver,
      Optional<String> device,
      OptionalInt pair,
      StreamSettings settings,
      boolean endsWhenSent) {
    return new EthernetStage<>(
        system, driver, device, pair, settings, endsWhenSent, new Elements.Frames());
  }

  /** A stage of batches of frames; arguments as for {@link #ofFrames}. */
  public static EthernetStage<FrameBatch> ofBatches(
      ActorSystem<?> system,
      ActorRef<VirtioNetDriver.Command> driver,
      Optional<String> device,
      OptionalInt pair,
      StreamSettings settings,
      boolean endsWhenSent) {
    var batches = new FrameBatches(settings.batchSize());
    return new EthernetStage<>(
        system, driver, device, pair, settings, endsWhenSent, new Elements.Batches(batches));
  }

  /**
   * @param device its name; empty for the first
   * @param pair the queue pair to be on; empty: on all of them
   * @param endsWhenSent whether the stage completes when its inlet has and all frames are in the
   *     ring
   */
  private EthernetStage(
      ActorSystem<?> system,
      ActorRef<VirtioNetDriver.Command> driver,
      Optional<String> device,
      OptionalInt pair,
      StreamSettings settings,
      boolean endsWhenSent,
      Elements<E> elements) {
    this.system = Objects.requireNonNull(system, "system");
    this.driver = Objects.requireNonNull(driver, "driver");
    this.device = Objects.requireNonNull(device, "device");
    this.pair = Objects.requireNonNull(pair, "pair");
    this.settings = Objects.requireNonNull(settings, "settings");
    this.endsWhenSent = endsWhenSent;
    this.elements = elements;
  }

  @Override
  public FlowShape<E, E> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, CompletionStage<EthernetConnection>>
      createLogicAndMaterializedValuePair(Attributes attributes) {
    var connection = new CompletableFuture<EthernetConnection>();
    return Pair.create(new Logic(connection), connection);
  }

  private final class Logic extends GraphStageLogic {
    private final CompletableFuture<EthernetConnection> connection;
    private final HandOff receive = new HandOff(settings.receiveHandOff());
    private final HandOff transmit = new HandOff(settings.transmitHandOff());
    private final AsyncCallback<Boolean> onWake = createAsyncCallback(woken -> deliver());
    private final AsyncCallback<Boolean> onRoom = createAsyncCallback(room -> pullOrFinish());
    private final AsyncCallback<Connect.Reply> onReply = createAsyncCallback(this::onReply);
    private final AsyncCallback<Throwable> onNoReply = createAsyncCallback(this::onNoReply);
    private final AsyncCallback<Integer> onRest = createAsyncCallback(this::endAtRest);
    private final String name = "stream-" + CLIENTS.incrementAndGet();
    private final Deliveries deliveries = new Deliveries(name);

    /** Of who materializes the stream, on his thread. */
    private final Work materialization = Tracing.of(system).here();

    private ConnectTrace connect = ConnectTrace.NONE;
    private boolean connected;
    private @Nullable E waiting;

    /** Whether something was passed on of which the other side was not told. */
    private boolean unheard;

    private final AsyncCallback<Boolean> onTurn = createAsyncCallback(turn -> wakeNow());

    /** How the stage ends, once it is to. */
    private @Nullable Runnable ending;

    Logic(CompletableFuture<EthernetConnection> connection) {
      super(shape);
      this.connection = connection;
      setHandler(in, new Inward());
      setHandler(out, new Outward());
    }

    @Override
    public void preStart() {
      receive.onWake(() -> onWake.invoke(true));
      transmit.onRoom(() -> onRoom.invoke(true));
      GraphStageLogic.StageActor actor = getStageActor(this::onStageMessage);
      actor.watch(Adapter.toClassic(driver));
      ActorRef<Void> self = Adapter.toTyped(actor.ref());
      var client = new Client(name, self, pair, receive, transmit);
      connect = ConnectTrace.begin(materialization, name, device, pair);
      CompletionStage<Connect.Reply> reply =
          AskPattern.ask(
              driver,
              replyTo -> new Connect(device, client, replyTo, connect.work()),
              settings.connectTimeout(),
              system.scheduler());
      reply.whenComplete(
          (answer, failure) -> {
            if (failure == null) {
              onReply.invoke(answer);
            } else {
              onNoReply.invoke(failure);
            }
          });
    }

    /** The order to connect may lie in the mailbox with which the driver ended. */
    private BoxedUnit onStageMessage(Tuple2<akka.actor.ActorRef, Object> message) {
      if (message._2() instanceof Terminated && !connected) {
        refuse("the driver has stopped");
      }
      return BoxedUnit.UNIT;
    }

    private void refuse(String reason) {
      connect.refused(reason);
      var refusal = new ConnectionRefusedException(reason);
      connection.completeExceptionally(refusal);
      failStage(refusal);
    }

    private void onReply(Connect.Reply reply) {
      switch (reply) {
        case Connect.Connected accepted -> {
          connected = true;
          connect.connected(accepted.device().info().name(), accepted.device().info().queuePairs());
          connection.complete(EthernetConnection.of(accepted.device()));
          pullOrFinish();
          deliver();
        }
        case Connect.Refused refused -> refuse(refused.reason());
      }
    }

    private void onNoReply(Throwable failure) {
      refuse(
          "the driver did not answer within %d ms (virtionet.connect-timeout): %s"
              .formatted(settings.connectTimeout().toMillis(), failure));
    }

    private final class Inward extends AbstractInHandler {
      @Override
      public void onPush() {
        waiting = grab(in);
        pullOrFinish();
      }

      @Override
      public void onUpstreamFinish() {
        pullOrFinish();
      }

      @Override
      public void onUpstreamFailure(Throwable failure) {
        failStage(failure);
      }
    }

    /** Passes on what waits, if anything does, and asks for the next when there is room. */
    private void pullOrFinish() {
      if (!connected || !passOnWaiting()) {
        return;
      }
      if (!isClosed(in)) {
        if (ending == null && !hasBeenPulled(in)) {
          pull(in);
        }
        return;
      }
      transmit.finish();
      // Closed: not all was sent, since the device is lost. The other side says why.
      if (endsWhenSent && !transmit.awaitRoom() && !transmit.isClosed()) {
        completeStage();
      }
    }

    /** Whether nothing waits any more. */
    private boolean passOnWaiting() {
      E element = waiting;
      if (element == null) {
        return true;
      }
      do {
        boolean passedOn = elements.offer(transmit, element);
        if (passedOn) {
          waiting = null;
          if (elements.areSmall()) {
            wakeSoon();
          } else {
            transmit.wake();
          }
          return true;
        }
        // The device is lost: the other side says why.
        if (transmit.isClosed()) {
          return false;
        }
        // A part of it may have found room.
        transmit.wake();
      } while (!transmit.awaitRoom());
      return false;
    }

    /**
     * Wakes the other side once for all that is pushed by the time this stage has its next turn, or
     * has nothing to deliver.
     */
    private void wakeSoon() {
      if (!unheard) {
        unheard = true;
        onTurn.invoke(true);
      }
    }

    private void wakeNow() {
      if (unheard) {
        unheard = false;
        transmit.wake();
      }
    }

    private final class Outward extends AbstractOutHandler {
      @Override
      public void onPull() {
        deliver();
      }

      @Override
      public void onDownstreamFinish(Throwable cause) {
        end(() -> cancelStage(cause));
      }
    }

    /**
     * Ends the stage when no frame is on its way into the inlet any more, which was pulled: Akka
     * drops an element whose push and whose cancellation meet, and nobody would release the frame.
     */
    private void end(Runnable how) {
      if (ending == null) {
        ending = how;
        onRest.invoke(ROUNDS_TO_REST);
      }
    }

    private void endAtRest(int rounds) {
      if (rounds > 0) {
        onRest.invoke(rounds - 1);
      } else if (ending != null) {
        ending.run();
      }
    }

    private void deliver() {
      deliveries.begin(receive.taken());
      while (true) {
        if (receive.isOver(isAvailable(out))) {
          end(() -> receive.failure().ifPresentOrElse(this::failStage, this::completeStage));
          return;
        }
        // Without demand nobody sleeps here; the end wakes nevertheless.
        if (!isAvailable(out)) {
          if (deliveries.isOpen() && receive.size() == 0) {
            deliveries.end(receive.taken());
          }
          return;
        }
        E element = elements.poll(receive, name);
        if (element != null) {
          push(out, element);
          continue;
        }
        wakeNow();
        if (receive.sleep()) {
          deliveries.end(receive.taken());
          return;
        }
      }
    }

    @Override
    public void postStop() {
      connect.ended();
      connection.completeExceptionally(
          new ConnectionRefusedException("the stream ended before the device was connected"));
      E element = waiting;
      if (element != null) {
        waiting = null;
        elements.abandon(transmit, element);
      }
      receive.close();
      wakeNow();
      transmit.finish();
    }
  }
}
