package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtionet.driver.Device.Description;
import virtionet.driver.VirtioNetDriver.DescribeResult;
import virtionet.driver.VirtioNetDriver.Devices;

/** Asks each device what has become of it, answers once with all, and stops. */
final class DeviceSurvey extends AbstractBehavior<Description> {
  private final ActorRef<DescribeResult> replyTo;
  private final List<Description> answers = new ArrayList<>();

  /** The devices that have not answered, by their names. */
  private final Map<String, ActorRef<Device.Command>> pending;

  static Behavior<Description> create(
      Map<String, ActorRef<Device.Command>> devices, ActorRef<DescribeResult> replyTo) {
    return Behaviors.setup(context -> new DeviceSurvey(context, devices, replyTo));
  }

  private DeviceSurvey(
      ActorContext<Description> context,
      Map<String, ActorRef<Device.Command>> devices,
      ActorRef<DescribeResult> replyTo) {
    super(context);
    this.replyTo = replyTo;
    pending = new HashMap<>(devices);
    for (ActorRef<Device.Command> device : devices.values()) {
      context.watch(device);
      device.tell(new Device.Describe(context.getSelf()));
    }
  }

  @Override
  public Receive<Description> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::onDescription)
        .onSignal(Terminated.class, this::onTerminated)
        .build();
  }

  private Behavior<Description> onDescription(Description description) {
    answers.add(description);
    pending.remove(description.slot().name());
    return answerWhenComplete();
  }

  private Behavior<Description> onTerminated(Terminated gone) {
    pending.values().removeIf(device -> device.path().equals(gone.getRef().path()));
    return answerWhenComplete();
  }

  private Behavior<Description> answerWhenComplete() {
    if (!pending.isEmpty()) {
      return this;
    }
    answers.sort(Comparator.comparingLong(answer -> answer.slot().address()));
    String problem = answers.isEmpty() ? "the actors of all devices have ended" : "";
    replyTo.tell(new Devices(List.copyOf(answers), problem));
    return Behaviors.stopped();
  }
}
