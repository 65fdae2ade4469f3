package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.machine.BackEnd;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.libc.EventFd;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.testing.Patience;
import virtionet.vhost.FakeBackEnd.Answer;

/**
 * Back-ends that are not there, or do not speak as they should; and that nothing is left of them.
 */
@Timeout(120)
class BadBackEndTest {
  private static final long MEMORY = 1 << 20;
  private static final int SET_MEM_TABLE = FakeBackEnd.SET_MEM_TABLE;
  private static final UnaryOperator<Answer> HONEST = UnaryOperator.identity();

  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("vhost.sock");
  }

  private VhostUserOptions options() {
    return new VhostUserOptions(
        socket(), false, MEMORY, HugePagesWish.NEVER, Duration.ofMillis(300));
  }

  static Stream<Arguments> lies() {
    return Stream.of(
        arguments(
            "closes in mid-handshake",
            when(FakeBackEnd.GET_FEATURES, answer -> null),
            "has closed"),
        arguments(
            "does not answer",
            when(FakeBackEnd.GET_FEATURES, answer -> bytes(answer, 0)),
            "does not answer GET_FEATURES within 300 ms"),
        arguments(
            "stops in the middle of an answer",
            when(FakeBackEnd.GET_FEATURES, answer -> bytes(answer, 15)),
            "does not answer GET_FEATURES within 300 ms"),
        arguments(
            "answers another message",
            when(FakeBackEnd.GET_FEATURES, answer -> with(answer, 0, 99)),
            "answers GET_FEATURES with message 99"),
        arguments(
            "speaks another version",
            when(FakeBackEnd.GET_FEATURES, answer -> with(answer, 4, 6)),
            "flags 0x6"),
        arguments(
            "sends no reply but a message",
            when(FakeBackEnd.GET_FEATURES, answer -> with(answer, 4, 1)),
            "flags 0x1"),
        arguments(
            "announces 4 GiB",
            when(FakeBackEnd.GET_FEATURES, answer -> with(answer, 8, -1)),
            "with 4294967295 bytes"),
        arguments(
            "answers too shortly",
            when(FakeBackEnd.GET_FEATURES, answer -> shortened(answer)),
            "with 4 bytes instead of 8"),
        arguments(
            "refuses the memory",
            when(SET_MEM_TABLE, answer -> with(answer, 12, 1)),
            "refuses SET_MEM_TABLE"),
        arguments(
            "has no queues",
            when(FakeBackEnd.GET_QUEUE_NUM, answer -> with(answer, 12, 0)),
            "has no queues"));
  }

  private static UnaryOperator<Answer> when(int request, UnaryOperator<Answer> bend) {
    return answer -> answer.request() == request ? bend.apply(answer) : answer;
  }

  private static Answer with(Answer answer, int at, int value) {
    return new Answer(answer.request(), answer.message().putInt(at, value), List.of());
  }

  private static Answer bytes(Answer answer, int most) {
    return new Answer(answer.request(), answer.message().limit(most), List.of());
  }

  private static Answer shortened(Answer answer) {
    ByteBuffer message = answer.message().putInt(8, 4).limit(16);
    return new Answer(answer.request(), message, List.of());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void aBackEndThatDoesNotSpeakAsItShouldIsNamedAndNothingIsLeftOpen(
      String what, UnaryOperator<Answer> bend, String reason) throws Exception {
    try (var _ = new FakeBackEnd(socket(), bend)) {
      var before = OpenFiles.now();
      var failure =
          assertThrows(MachineException.class, () -> VhostUserMachine.open(options()).close());
      assertTrue(String.valueOf(failure.getMessage()).contains(reason), failure::getMessage);
      before.awaitNoMoreOnceCollected();
    }
  }

  /** Files that nobody asked for would pile up, and memory with them. */
  @Test
  void descriptorsThatNobodyAskedForAreClosed() throws Exception {
    UnaryOperator<Answer> generous =
        answer ->
            new Answer(
                answer.request(),
                answer.message(),
                Stream.generate(EventFd::open).limit(20).toList());
    try (var _ = new FakeBackEnd(socket(), generous)) {
      var before = OpenFiles.now();
      VhostUserMachine.open(options()).close();
      before.awaitNoMoreOnceCollected();
    }
  }

  @Test
  void aMachineThatIsClosedLeavesNeitherFilesNorMappings() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      var before = OpenFiles.now();
      for (int i = 0; i < 20; i++) {
        try (var machine = VhostUserMachine.open(options())) {
          machine.interruptLine(machine.slots(Set.of()).getFirst());
          assertEquals(MEMORY, machine.memory().available());
        }
      }
      before.awaitNoMoreOnceCollected();
    }
  }

  @Test
  void aBackEndThatIsNotThereIsNamedWithTheRemedy() throws IOException {
    assertUnavailable("ENOENT", "start the back-end with this socket first");
    Files.createFile(socket());
    assertUnavailable("ECONNREFUSED", "start the back-end, and see that this user may write");
  }

  private void assertUnavailable(String... words) {
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(options()));
    for (String word : words) {
      assertTrue(String.valueOf(failure.getMessage()).contains(word), failure::getMessage);
    }
  }

  @Test
  void nobodyWhoConnectsInTimeIsToldWithTheRemedy() {
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(server()));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("start it as a client of this socket"));
    assertTrue(Files.notExists(socket()), "the socket is deleted");
  }

  @Test
  void aSocketThatIsInTheWayIsNotDeleted() throws IOException {
    Files.writeString(socket(), "somebody's");
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(server()));
    assertTrue(String.valueOf(failure.getMessage()).contains("EADDRINUSE"), failure::getMessage);
    assertEquals("somebody's", Files.readString(socket()));
  }

  private VhostUserOptions server() {
    return new VhostUserOptions(
        socket(), true, MEMORY, HugePagesWish.NEVER, Duration.ofMillis(300));
  }

  @Test
  void aNameThatIsTooLongForASocketIsToldSo() {
    Path far = folder.resolve("a".repeat(200));
    var options =
        new VhostUserOptions(far, false, MEMORY, HugePagesWish.NEVER, Duration.ofSeconds(1));
    var failure = assertThrows(MachineException.class, () -> VhostUserMachine.open(options));
    assertTrue(String.valueOf(failure.getMessage()).contains("the system allows 107"));
  }

  @Test
  void memoryThatIsNotThereIsRefusedWithTheRemedyAndNothingIsLeftOpen() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      var before = OpenFiles.now();
      var huge =
          new VhostUserOptions(
              socket(), false, 1L << 44, HugePagesWish.REQUIRE, Duration.ofSeconds(1));
      var failure =
          assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(huge));
      assertTrue(String.valueOf(failure.getMessage()).contains("sysctl vm.nr_hugepages=8388608"));
      before.awaitNoMore();
    }
  }

  @Test
  void aBackEndThatClosesIsALossAndEachFurtherCallSaysSo() throws Exception {
    VhostUserMachine machine;
    BackEnd access;
    try (var backEnd = new FakeBackEnd(socket(), when(FakeBackEnd.GET_QUEUE_NUM, HONEST))) {
      machine = VhostUserMachine.open(options());
      access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
      access.acceptFeatures(0);
      access.notifyQueue(0);
      backEnd.hangUp();
      String reason = Patience.answer(machine.lost());
      assertTrue(reason.contains("has closed the connection"), reason);
      assertThrows(MachineException.class, machine::memory);
      assertThrows(MachineException.class, () -> access.acceptFeatures(0));
    }
    machine.close();
    assertThrows(MachineException.class, () -> access.notifyQueue(0));
  }

  @Test
  void aQueueThatThereIsNotIsRefused() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST);
        var machine = VhostUserMachine.open(options())) {
      var access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
      assertEquals(4, access.queues());
      assertThrows(MachineException.class, () -> access.notifyQueue(4));
      assertThrows(MachineException.class, () -> access.notifyQueue(-1));
      assertThrows(MachineException.class, () -> access.disableQueue(4));
    }
  }
}
