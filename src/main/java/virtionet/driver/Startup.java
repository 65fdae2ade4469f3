package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.driver.Connect.Connected;
import virtionet.driver.Connect.Refused;
import virtionet.driver.DriverSettings.ClientPolicy;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.TracedActor;
import virtionet.driver.trace.Work;
import virtionet.net.Counter;
import virtionet.net.CounterShare;
import virtionet.net.Counters;

/**
 * The startup state: takes clients in, joins them to the two other states, and watches them leave.
 * One client's leaving never disturbs another.
 */
final class Startup {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);

  /** Clients that may wait for a place; each has streams and hand-offs of its own. */
  private static final int MOST_WAITING = 1_000;

  sealed interface Command
      permits Connect, ClientGone, GraceOver, DeviceUp, DeviceDown, DeviceLost {}

  /** A client's actor has ended. */
  record ClientGone(Client client) implements Command {}

  /** A client has waited long enough for a place. */
  record GraceOver(Connect connect) implements Command {}

  /** The device was started: these carry the clients' frames. */
  record DeviceUp(
      ActorRef<Interrupt.Command> interrupt, ActorRef<Upstream.Command> upstream, Work work)
      implements Command, Carrier {}

  /** The device is to be reset; nobody carries frames until it is up again. */
  record DeviceDown() implements Command {}

  /** The device works no more; the children that used it have stopped. */
  record DeviceLost(String reason) implements Command {}

  /**
   * @param delivered is the client's thread's
   */
  private record DeliveryTally(Counters counters, CounterShare delivered) implements HandOff.Tally {
    @Override
    public void taken(int frames) {
      delivered.add(Counter.DELIVERED_FRAMES, frames);
    }

    @Override
    public void lost(int frames) {
      counters.add(Counter.DROPPED_CLIENT_GONE, frames);
    }
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final DeviceHandle device;
  private final Counters counters;
  private final Set<Client> unsent;
  private final DriverSettings settings;
  private final List<Client> clients = new ArrayList<>();

  /** Ended when their clients are gone; those of a device's loss, of which none is told, never. */
  private final Map<Client, CounterShare> deliveries = new HashMap<>();

  private final List<Connect> waiting = new ArrayList<>();
  private Optional<DeviceUp> up = Optional.empty();

  /**
   * @param unsent gets each client that is let in, and loses it with its last frame
   */
  static Behavior<Command> create(
      DeviceHandle device, Counters counters, Set<Client> unsent, DriverSettings settings) {
    return TracedActor.around(
        Command.class,
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers ->
                        new Startup(context, timers, device, counters, unsent, settings).open())));
  }

  private Startup(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      DeviceHandle device,
      Counters counters,
      Set<Client> unsent,
      DriverSettings settings) {
    this.context = context;
    this.timers = timers;
    this.device = device;
    this.counters = counters;
    this.unsent = unsent;
    this.settings = settings;
  }

  private Behavior<Command> open() {
    return Behaviors.receive(Command.class)
        .onMessage(Connect.class, this::onConnect)
        .onMessage(ClientGone.class, this::onClientGone)
        .onMessage(GraceOver.class, this::onGraceOver)
        .onMessage(DeviceUp.class, this::onDeviceUp)
        .onMessage(DeviceDown.class, this::onDeviceDown)
        .onMessage(DeviceLost.class, this::onDeviceLost)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onConnect(Connect connect) {
    OptionalInt pair = connect.client().pair();
    int pairs = device.info().queuePairs();
    if (pair.isPresent() && (pair.getAsInt() < 0 || pair.getAsInt() >= pairs)) {
      connect
          .replyTo()
          .tell(
              new Refused(
                  "device %s has no queue pair %d; those from 0 to %d are set up (virtionet.queue-pairs)"
                      .formatted(device.info().name(), pair.getAsInt(), pairs - 1)));
    } else if (hasPlace(connect.client())) {
      admit(connect);
    } else if (waiting.size() >= MOST_WAITING) {
      counters.increment(Counter.CLIENTS_REFUSED);
      connect
          .replyTo()
          .tell(
              new Refused(
                  "device %s is overloaded: %d clients wait for a place already"
                      .formatted(device.info().name(), MOST_WAITING)));
    } else {
      // A stream that is started anew may knock before the old one has quite left.
      waiting.add(connect);
      connect.work().event("waits for a place");
      timers.startSingleTimer(connect, new GraceOver(connect), settings.clientGrace());
    }
    return Behaviors.same();
  }

  private boolean hasPlace(Client client) {
    return settings.clientPolicy() == ClientPolicy.BROADCAST
        || clients.stream().noneMatch(client::meets);
  }

  private void admit(Connect connect) {
    Client client = connect.client();
    clients.add(client);
    device.connected(clients);
    CounterShare delivered = counters.share();
    deliveries.put(client, delivered);
    client.receive().tally(new DeliveryTally(counters, delivered));
    client.transmit().tally(frames -> counters.add(Counter.TRANSMIT_ABORTED, frames));
    unsent.add(client);
    context.watchWith(client.actor(), new ClientGone(client));
    up.ifPresent(
        device -> {
          device.upstream().tell(new Upstream.Attach(client, connect.work()));
          device.interrupt().tell(new Interrupt.Attach(client, connect.work()));
        });
    LOG.debug("{} connected to {}", client.name(), device.info().name());
    connect.replyTo().tell(new Connected(device));
  }

  /** Those who have left have perhaps frames that are still to be sent. */
  private Behavior<Command> onDeviceUp(DeviceUp now) {
    up = Optional.of(now);
    int pairs = device.info().queuePairs();
    for (Client client : List.copyOf(clients)) {
      if (client.pair().orElse(0) >= pairs) {
        clients.remove(client);
        device.connected(clients);
        client
            .receive()
            .fail(
                new DeviceLostException(
                    "queue pair %d of device %s is lost: since its restart it has %d"
                        .formatted(client.pair().orElse(0), device.info().name(), pairs)));
      } else {
        now.interrupt().tell(new Interrupt.Attach(client, now.work()));
      }
    }
    for (Client client : unsent) {
      now.upstream().tell(new Upstream.Attach(client, now.work()));
    }
    for (Connect next : List.copyOf(waiting)) {
      // Their place may be free, or there is none any more.
      waiting.remove(next);
      timers.cancel(next);
      onConnect(next);
    }
    return Behaviors.same();
  }

  private Behavior<Command> onDeviceDown(DeviceDown down) {
    up = Optional.empty();
    return Behaviors.same();
  }

  private Behavior<Command> onClientGone(ClientGone gone) {
    Client client = gone.client();
    CounterShare delivered = deliveries.remove(client);
    if (delivered != null) {
      counters.end(delivered);
    }
    if (clients.remove(client)) {
      device.connected(clients);
      LOG.warn("upstream channel closed, stopping transmission ({})", client.name());
      client.transmit().finish();
      if (up.isEmpty() && client.transmit().isExhausted()) {
        // No turn of the upstream state finds that it has nothing more to send.
        unsent.remove(client);
      }
      up.ifPresent(
          device -> {
            device.interrupt().tell(new Interrupt.Detach(client));
            device.upstream().tell(new Upstream.Detach(client));
          });
      for (Connect next : List.copyOf(waiting)) {
        if (hasPlace(next.client())) {
          waiting.remove(next);
          timers.cancel(next);
          admit(next);
        }
      }
    }
    return Behaviors.same();
  }

  private Behavior<Command> onGraceOver(GraceOver over) {
    if (waiting.remove(over.connect())) {
      counters.increment(Counter.CLIENTS_REFUSED);
      over.connect()
          .replyTo()
          .tell(
              new Refused(
                  "device %s is in use by %s; set virtionet.clients = broadcast to share it"
                      .formatted(device.info().name(), holder(over.connect().client()))));
    }
    return Behaviors.same();
  }

  private String holder(Client client) {
    return clients.stream().filter(client::meets).map(Client::name).findFirst().orElse("nobody");
  }

  private Behavior<Command> onDeviceLost(DeviceLost lost) {
    // Only here, since nobody takes frames any more: those of a client that came so late that the
    // upstream state never heard of it are nobody's else.
    clients.forEach(client -> client.transmit().close());
    dismissAll("device %s is lost: %s".formatted(device.info().name(), lost.reason()));
    return Behaviors.stopped();
  }

  /** However this actor ends, no client is left waiting. */
  private Behavior<Command> onPostStop() {
    dismissAll("the driver of device %s has stopped".formatted(device.info().name()));
    return Behaviors.same();
  }

  private void dismissAll(String reason) {
    waiting.forEach(connect -> connect.replyTo().tell(new Refused(reason)));
    waiting.clear();
    clients.forEach(client -> client.receive().fail(new DeviceLostException(reason)));
    clients.clear();
    device.connected(clients);
  }
}
