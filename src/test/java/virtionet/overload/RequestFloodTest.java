package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.PATIENCE;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import akka.Done;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.receptionist.Receptionist;
import akka.stream.KillSwitches;
import akka.stream.SharedKillSwitch;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import virtionet.Ethernet;
import virtionet.driver.ControlException;
import virtionet.driver.Device;
import virtionet.driver.DeviceControl;
import virtionet.driver.OverloadedException;
import virtionet.net.Counter;
import virtionet.stream.ConnectionRefusedException;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;

/** More is asked than is answered: what is beyond the bound is refused at once, and counted. */
class RequestFloodTest {
  private static final ModelSettings CARD = ModelSettings.modern().offering(ModelSettings.CONTROL);
  private static final String LONG = "virtionet.control-timeout = 1 h";
  private static final int BOUND = 1_000;

  /** One is with the device. */
  private static final int WAIT_FOR_THE_DEVICE = 257;

  private static void assertAtOnce(CompletionStage<?> stage) {
    assertTrue(stage.toCompletableFuture().isDone(), "refused only later");
  }

  @Test
  void controlCommandsBeyondWhatMayWaitAreRefusedAndTheRestIsDone() {
    try (var driver = DriverOnModel.with(LONG, CARD)) {
      var client = driver.connected();
      DeviceControl control = client.connected().control();
      await(control.promiscuous(true));
      long before = client.count(Counter.CONTROL_COMMANDS);
      driver.device().stallControl();
      List<CompletionStage<Done>> answers = new ArrayList<>();
      int flood = 20_000;
      for (int command = 0; command < flood; command++) {
        answers.add(control.promiscuous(command % 2 == 0));
      }
      new ControlPlane(driver.net(), Optional.empty()).assertAnswers("a flood of commands");
      until(
          "all that may not wait are refused",
          () -> refused(answers) == flood - WAIT_FOR_THE_DEVICE);
      assertEquals(flood - WAIT_FOR_THE_DEVICE, client.count(Counter.CONTROL_REFUSED));
      until(
          "the others are done",
          () -> {
            driver.device().executeNow(true);
            return answers.stream().allMatch(answer -> answer.toCompletableFuture().isDone());
          });
      assertEquals(WAIT_FOR_THE_DEVICE, client.count(Counter.CONTROL_COMMANDS) - before);
      answers.stream()
          .filter(answer -> answer.toCompletableFuture().isCompletedExceptionally())
          .map(DriverOnModel::failureOf)
          .map(ControlException.class::cast)
          .forEach(failure -> assertEquals(ControlException.Kind.BUSY, failure.kind()));
      client.leave();
      driver.stopWithoutATrace();
    }
  }

  private static long refused(List<? extends CompletionStage<?>> answers) {
    return answers.stream()
        .filter(answer -> answer.toCompletableFuture().isCompletedExceptionally())
        .count();
  }

  /** A driver whose machine takes its time: nothing is answered until then. */
  private record Opening(DriverOnModel driver, CountDownLatch opened) {
    static Opening begun() {
      ModelMachine model = ModelMachine.of(CARD);
      var opened = new CountDownLatch(1);
      DriverOnModel driver =
          DriverOnModel.on(
              model,
              () -> {
                until("it may be opened", () -> opened.getCount() == 0);
                return model;
              },
              "");
      return new Opening(driver, opened);
    }
  }

  @Test
  void questionsBeyondTheBoundAreRefusedAtOnceAndTheRestIsAnswered() {
    Opening opening = Opening.begun();
    try (DriverOnModel driver = opening.driver()) {
      List<CompletionStage<List<Device.Description>>> answers = new ArrayList<>();
      for (int question = 0; question < BOUND; question++) {
        answers.add(driver.net().devices());
      }
      for (int question = 0; question < BOUND; question++) {
        CompletionStage<?> refused = driver.net().scan();
        assertAtOnce(refused);
        assertInstanceOf(OverloadedException.class, failureOf(refused));
      }
      opening.opened().countDown();
      answers.forEach(answer -> assertEquals(1, await(answer).size()));
      until("there is room", () -> !driver.net().scan().toCompletableFuture().isDone());
      driver.stopWithoutATrace();
    } finally {
      opening.opened().countDown();
    }
  }

  private static ActorRef<Ethernet.Command> service(DriverOnModel driver) {
    TestProbe<Receptionist.Listing> listings = TestProbe.create(driver.system());
    driver.system().receptionist().tell(Receptionist.subscribe(Ethernet.SERVICE, listings.ref()));
    Set<ActorRef<Ethernet.Command>> found;
    do {
      found = listings.receiveMessage(PATIENCE).getServiceInstances(Ethernet.SERVICE);
    } while (found.isEmpty());
    return found.iterator().next();
  }

  @Test
  void theServiceRefusesQuestionsBeyondItsBoundAndAnswersTheRest() {
    Opening opening = Opening.begun();
    try (DriverOnModel driver = opening.driver()) {
      ActorRef<Ethernet.Command> service = service(driver);
      TestProbe<Ethernet.Reply> replies = TestProbe.create(driver.system());
      for (int question = 0; question < BOUND + 100; question++) {
        service.tell(new Ethernet.Connect(Optional.empty(), replies.ref()));
      }
      for (int refusal = 0; refusal < 100; refusal++) {
        String reason = replies.expectMessageClass(Ethernet.Refused.class, PATIENCE).reason();
        assertTrue(reason.contains("overloaded"), reason);
      }
      opening.opened().countDown();
      for (int answer = 0; answer < BOUND; answer++) {
        replies.expectMessageClass(Ethernet.Connected.class, PATIENCE);
      }
      driver.stopWithoutATrace();
    } finally {
      opening.opened().countDown();
    }
  }

  @Test
  void sessionsBeyondTheBoundAreRefused() {
    int bound = 4_000;
    try (var driver = DriverOnModel.with("virtionet.client-grace = 60 s", CARD)) {
      ActorRef<Ethernet.Command> service = service(driver);
      TestProbe<Ethernet.Event> events = TestProbe.create(driver.system());
      for (int session = 0; session < bound + 100; session++) {
        service.tell(new Ethernet.Open(Optional.empty(), events.ref(), 1));
      }
      int refused = 0;
      while (refused < 100) {
        if (events.receiveMessage(PATIENCE) instanceof Ethernet.Closed closed
            && closed.reason().contains("there are 4000 sessions")) {
          refused++;
        }
      }
      events.stop();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void clientsThatWaitForAPlaceBeyondTheBoundAreRefusedAndCounted() {
    try (var driver = DriverOnModel.with("virtionet.client-grace = 60 s", CARD)) {
      var holder = driver.connected();
      SharedKillSwitch leave = KillSwitches.shared("all");
      List<CompletionStage<EthernetConnection>> connections = new ArrayList<>();
      for (int client = 0; client < BOUND + 200; client++) {
        connections.add(
            driver
                .net()
                .source()
                .via(leave.flow())
                .toMat(Sink.ignore(), Keep.left())
                .run(driver.system()));
      }
      until("they are refused", () -> holder.count(Counter.CLIENTS_REFUSED) == 200);
      until("they hear of it", () -> refused(connections) == 200);
      connections.stream()
          .filter(connection -> connection.toCompletableFuture().isCompletedExceptionally())
          .map(DriverOnModel::failureOf)
          .forEach(
              failure ->
                  assertTrue(
                      assertInstanceOf(ConnectionRefusedException.class, failure)
                          .toString()
                          .contains("is overloaded")));
      new ControlPlane(driver.net(), Optional.of(holder.connected().control()))
          .assertAnswers("a thousand clients that wait");
      holder.leave();
      until(
          "the place is another's",
          () ->
              connections.stream()
                  .map(CompletionStage::toCompletableFuture)
                  .anyMatch(each -> each.isDone() && !each.isCompletedExceptionally()));
      leave.shutdown();
      driver.stopWithoutATrace();
    }
  }
}
