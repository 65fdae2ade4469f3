package virtionet;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.receptionist.Receptionist;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import virtionet.Ethernet.Closed;
import virtionet.Ethernet.Command;
import virtionet.Ethernet.Connected;
import virtionet.Ethernet.Refused;
import virtionet.Ethernet.Reply;
import virtionet.driver.Device;
import virtionet.driver.VirtioNetDriver;
import virtionet.driver.VirtioNetDriver.DescribeResult;
import virtionet.driver.VirtioNetDriver.Devices;
import virtionet.driver.VirtioNetDriver.NoMachine;
import virtionet.driver.trace.TracedActor;

/** Takes the clients that found the driver through the Receptionist. */
final class EthernetService extends AbstractBehavior<Command> {
  /** Questions that may wait for their answers. */
  private static final int MOST_PENDING = 1_000;

  /** Sessions at a time, those included that linger after their end. */
  private static final int MOST_SESSIONS = 4_000;

  private final VirtioNet net;
  private final VirtioNetSettings settings;
  private final ActorRef<VirtioNetDriver.Command> driver;
  private final AtomicInteger pending = new AtomicInteger();
  private int sessions;

  static Behavior<Command> create(
      VirtioNet net, VirtioNetSettings settings, ActorRef<VirtioNetDriver.Command> driver) {
    return TracedActor.around(
        Command.class,
        Behaviors.setup(context -> new EthernetService(context, net, settings, driver)));
  }

  private EthernetService(
      ActorContext<Command> context,
      VirtioNet net,
      VirtioNetSettings settings,
      ActorRef<VirtioNetDriver.Command> driver) {
    super(context);
    this.net = net;
    this.settings = settings;
    this.driver = driver;
    context
        .getSystem()
        .receptionist()
        .tell(Receptionist.register(Ethernet.service(settings.service()), context.getSelf()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ethernet.Connect.class, this::onConnect)
        .onMessage(Ethernet.ConnectRemotely.class, this::onConnectRemotely)
        .onMessage(Ethernet.Open.class, this::onOpen)
        .onSignal(Terminated.class, gone -> onSessionGone())
        .build();
  }

  private Behavior<Command> onConnect(Ethernet.Connect connect) {
    if (hasRoomFor(connect.replyTo())) {
      CompletionStage<DescribeResult> devices =
          AskPattern.ask(
              driver,
              VirtioNetDriver.DescribeDevices::new,
              settings.stream().connectTimeout(),
              getContext().getSystem().scheduler());
      answerWith(
          devices.handle(
              (answer, failure) ->
                  failure == null
                      ? answer(connect, answer)
                      : new Refused("the driver did not answer in time: " + failure.getMessage())),
          connect.replyTo());
    }
    return this;
  }

  private Behavior<Command> onConnectRemotely(Ethernet.ConnectRemotely connect) {
    if (connect.protocol() != Ethernet.PROTOCOL) {
      connect
          .replyTo()
          .tell(
              new Refused(
                  "the client speaks version %d of virtionet's protocol between nodes, this node version %d: have the same release on all nodes"
                      .formatted(connect.protocol(), Ethernet.PROTOCOL)));
    } else if (hasRoomFor(connect.replyTo())) {
      answerWith(
          RemoteClient.connect(
              getContext().getSystem(), connect.device().map(net::flow).orElseGet(net::flow)),
          connect.replyTo());
    }
    return this;
  }

  private boolean hasRoomFor(ActorRef<? super Reply> client) {
    if (pending.get() < MOST_PENDING) {
      return true;
    }
    client.tell(new Refused("overloaded: %d others wait already".formatted(MOST_PENDING)));
    return false;
  }

  private void answerWith(CompletionStage<Reply> answer, ActorRef<? super Reply> client) {
    pending.incrementAndGet();
    answer.whenComplete(
        (reply, failure) -> {
          pending.decrementAndGet();
          client.tell(failure == null ? reply : new Refused("the driver failed: " + failure));
        });
  }

  private Reply answer(Ethernet.Connect connect, DescribeResult result) {
    return switch (result) {
      case NoMachine none -> new Refused(String.valueOf(none.failure().getMessage()));
      case Devices devices -> answer(connect, devices);
    };
  }

  private Reply answer(Ethernet.Connect connect, Devices devices) {
    for (Device.Description description : devices.devices()) {
      if (connect.device().filter(name -> !name.equals(description.slot().name())).isPresent()) {
        continue;
      }
      return switch (description) {
        case Device.Up up -> new Connected(net.flow(up.device().info().name()));
        case Device.Recovering down -> new Connected(net.flow(down.device().info().name()));
        case Device.Failed failed ->
            new Refused("device %s failed: %s".formatted(failed.slot().name(), failed.reason()));
      };
    }
    return new Refused(
        devices.devices().isEmpty()
            ? devices.problem()
            : "there is no network device %s; there is %s"
                .formatted(
                    connect.device().orElse(""),
                    devices.devices().stream().map(device -> device.slot().name()).toList()));
  }

  private Behavior<Command> onOpen(Ethernet.Open open) {
    if (sessions >= MOST_SESSIONS) {
      open.client()
          .tell(new Closed("overloaded: there are %d sessions already".formatted(MOST_SESSIONS)));
      return this;
    }
    sessions++;
    getContext()
        .watch(
            getContext()
                .spawnAnonymous(
                    EthernetSession.create(open, driver, settings.stream()),
                    DispatcherSelector.sameAsParent()));
    return this;
  }

  private Behavior<Command> onSessionGone() {
    sessions--;
    return this;
  }
}
