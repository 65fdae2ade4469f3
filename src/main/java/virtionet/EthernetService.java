package virtionet;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.receptionist.Receptionist;
import java.util.concurrent.CompletionStage;
import virtionet.Ethernet.Command;
import virtionet.Ethernet.Connected;
import virtionet.Ethernet.Refused;
import virtionet.Ethernet.Reply;
import virtionet.driver.Device;
import virtionet.driver.VirtioNetDriver;
import virtionet.driver.VirtioNetDriver.DescribeResult;
import virtionet.driver.VirtioNetDriver.Devices;
import virtionet.driver.VirtioNetDriver.NoMachine;

/** Takes the clients that found the driver through the Receptionist. */
final class EthernetService extends AbstractBehavior<Command> {
  private final VirtioNet net;
  private final VirtioNetSettings settings;
  private final ActorRef<VirtioNetDriver.Command> driver;

  static Behavior<Command> create(
      VirtioNet net, VirtioNetSettings settings, ActorRef<VirtioNetDriver.Command> driver) {
    return Behaviors.setup(context -> new EthernetService(context, net, settings, driver));
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
        .onMessage(Ethernet.Open.class, this::onOpen)
        .build();
  }

  private Behavior<Command> onConnect(Ethernet.Connect connect) {
    CompletionStage<DescribeResult> devices =
        AskPattern.ask(
            driver,
            VirtioNetDriver.DescribeDevices::new,
            settings.stream().connectTimeout(),
            getContext().getSystem().scheduler());
    devices
        .handle(
            (answer, failure) ->
                failure == null
                    ? answer(connect, answer)
                    : new Refused("the driver did not answer in time: " + failure.getMessage()))
        .thenAccept(reply -> connect.replyTo().tell(reply));
    return this;
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
    getContext()
        .spawnAnonymous(
            EthernetSession.create(open, driver, settings.stream()),
            DispatcherSelector.sameAsParent());
    return this;
  }
}
