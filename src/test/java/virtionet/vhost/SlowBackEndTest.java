package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.BackEnd;
import virtionet.machine.MachineException;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.net.Counter;
import virtionet.testing.Patience;
import virtionet.vhost.FakeBackEnd.Answer;

/** Back-ends that answer late, or keep what they are to give back. */
@Timeout(120)
class SlowBackEndTest {
  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("vhost.sock");
  }

  /** An answer that comes when nobody waits for it would be taken for that of the next question. */
  @Test
  void aLateAnswerEndsTheConnectionAndTheMachineIsOpenedAgain() throws Exception {
    var armed = new AtomicBoolean();
    UnaryOperator<Answer> late =
        answer -> {
          if (answer.request() == FakeBackEnd.GET_STATUS && armed.getAndSet(false)) {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
          }
          return answer;
        };
    try (var backEnd = new FakeBackEnd(socket(), late).offering(0, 1 << 16, new byte[0]);
        var station =
            VhostStation.connect(
                socket(),
                "recovery { max-restarts = 100, min-backoff = 10 ms }, health-interval = 20 ms,"
                    + " machine.vhost-user.timeout = 1 s")) {
      armed.set(true);
      Patience.until("it has recovered", () -> station.count(Counter.RECOVERIES) > 0);
      assertTrue(Collections.frequency(backEnd.requests(), FakeBackEnd.SET_OWNER) >= 2);
      assertEquals(1, station.info().queuePairs());
    }
  }

  /** What it may still write to is not anybody else's before it has given it back. */
  @Test
  void aQueueThatABackEndDoesNotDisableIsStillItsOwnAndAskedForAgain() throws Exception {
    var refusing = new AtomicBoolean();
    UnaryOperator<Answer> refuse =
        answer ->
            answer.request() == FakeBackEnd.SET_VRING_ENABLE && refusing.get()
                ? new Answer(answer.request(), answer.message().putInt(12, 1), List.of())
                : answer;
    try (var backEnd = new FakeBackEnd(socket(), refuse);
        var machine =
            VhostUserMachine.open(
                new VhostUserOptions(
                    socket(), false, 1 << 20, HugePagesWish.NEVER, Duration.ofSeconds(10)))) {
      var access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
      access.enableQueue(0, 256, false, 0, 0, 0);
      access.start();
      refusing.set(true);
      var failure = assertThrows(MachineException.class, () -> access.disableQueue(0));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("refuses SET_VRING_ENABLE"),
          failure::getMessage);
      assertThrows(MachineException.class, () -> access.disableQueue(0));
      assertEquals(0, Collections.frequency(backEnd.requests(), FakeBackEnd.GET_VRING_BASE));
      refusing.set(false);
      access.disableQueue(0);
      access.disableQueue(0);
      assertEquals(1, Collections.frequency(backEnd.requests(), FakeBackEnd.GET_VRING_BASE));
    }
  }

  /** Its own time for an answer is longer; the device's owner asks for less. */
  @Test
  void aBackEndThatDoesNotConfirmAResetHoldsNobodyLongerThanResetTimeout() throws Exception {
    UnaryOperator<Answer> silent =
        answer ->
            answer.request() == FakeBackEnd.GET_VRING_BASE
                ? new Answer(answer.request(), answer.message().limit(0), List.of())
                : answer;
    try (var _ = new FakeBackEnd(socket(), silent)) {
      var station =
          VhostStation.connect(
              socket(), "reset-timeout = 200 ms, machine.vhost-user.timeout = 10 minutes");
      station.close(); // It waits for as long as Patience has.
    }
  }

  @Test
  void moreQueuePairsThanTheBackEndHasAreAsManyAsItHas() throws Exception {
    try (var _ = new FakeBackEnd(socket(), UnaryOperator.identity()).claiming(2);
        var station = VhostStation.connect(socket(), "queue-pairs = 8")) {
      assertEquals(2, station.info().queuePairs());
    }
  }
}
