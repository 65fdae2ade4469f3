package virtionet.driver;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtionet.driver.Device.Description;
import virtionet.driver.VirtioNetDriver.DescribeResult;
import virtionet.driver.VirtioNetDriver.Devices;
import virtionet.driver.trace.TracedActor;

/** Asks each device what has become of it, answers once with all, and stops. */
final class DeviceSurvey extends AbstractBehavior<Description> {
  private final ActorRef<DescribeResult> replyTo;
  private final ScanReport report;
  private final List<Description> answers = new ArrayList<>();

  /** The devices that have not answered, by their names. */
  private final Map<String, ActorRef<Device.Command>> pending;

  /**
   * @param report where the devices stand
   * @param known what is known already, of devices that are not asked
   */
  static Behavior<Description> create(
      Map<String, ActorRef<Device.Command>> devices,
      ScanReport report,
      Collection<? extends Description> known,
      ActorRef<DescribeResult> replyTo) {
    // Copied here, on the thread of their owner, who may change them before the survey begins.
    Map<String, ActorRef<Device.Command>> asked = Map.copyOf(devices);
    List<Description> answers = List.copyOf(known);
    return TracedActor.around(
        Description.class,
        Behaviors.setup(context -> new DeviceSurvey(context, asked, report, answers, replyTo)));
  }

  private DeviceSurvey(
      ActorContext<Description> context,
      Map<String, ActorRef<Device.Command>> devices,
      ScanReport report,
      List<Description> known,
      ActorRef<DescribeResult> replyTo) {
    super(context);
    this.replyTo = replyTo;
    this.report = report;
    answers.addAll(known);
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
    for (ScanReport.Line line : report.slots()) {
      ActorRef<Device.Command> device = pending.get(line.slot().name());
      if (device != null && device.path().equals(gone.getRef().path())) {
        pending.remove(line.slot().name());
        answers.add(new Device.Failed(line.slot(), "its actor has ended; the log says why"));
      }
    }
    return answerWhenComplete();
  }

  private Behavior<Description> answerWhenComplete() {
    if (!pending.isEmpty()) {
      return this;
    }
    answers.sort(Comparator.comparingLong(answer -> answer.slot().address()));
    replyTo.tell(new Devices(List.copyOf(answers), ""));
    return Behaviors.stopped();
  }
}
