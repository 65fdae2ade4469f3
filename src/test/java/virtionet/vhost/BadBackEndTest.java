package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.machine.BackEnd;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.libc.Errno;
import virtionet.machine.libc.EventFd;
import virtionet.machine.libc.LibcException;
import virtionet.machine.libc.UnixSocket;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.testing.HandedFile;
import virtionet.testing.Patience;
import virtionet.vhost.FakeBackEnd.Answer;

/**
 * Back-ends that are not there, or do not speak as they should; and that nothing is left of them.
 */
@Timeout(120)
class BadBackEndTest {
  private static final long MEMORY = 1 << 20;
  private static final int SET_MEM_TABLE = FakeBackEnd.SET_MEM_TABLE;
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);
  private static final Duration HASTY = Duration.ofSeconds(1);
  private static final UnaryOperator<Answer> HONEST = UnaryOperator.identity();

  @TempDir private Path folder;

  private Path socket() {
    return folder.resolve("vhost.sock");
  }

  private VhostUserOptions options() {
    return options(LONG);
  }

  /** For those whose time is to be over: the others may need more on a busy machine. */
  private VhostUserOptions hasty() {
    return options(HASTY);
  }

  private VhostUserOptions options(Duration timeout) {
    return new VhostUserOptions(socket(), false, MEMORY, HugePagesWish.NEVER, timeout);
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
            "does not answer GET_FEATURES within 1000 ms"),
        arguments(
            "stops in the middle of an answer",
            when(FakeBackEnd.GET_FEATURES, answer -> bytes(answer, 15)),
            "does not answer GET_FEATURES within 1000 ms"),
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
      var options = reason.endsWith(" ms") ? hasty() : options();
      var failure =
          assertThrows(MachineException.class, () -> VhostUserMachine.open(options).close());
      assertTrue(String.valueOf(failure.getMessage()).contains(reason), failure::getMessage);
      before.awaitNoMore();
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
      OpenFiles.noMoreAfter(
          () -> {
            VhostUserMachine.open(options()).close();
          });
    }
  }

  @Test
  void aMachineThatIsClosedLeavesNeitherFilesNorMappings() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      OpenFiles.noMoreAfter(
          () -> {
            for (int i = 0; i < 20; i++) {
              try (var machine = VhostUserMachine.open(options())) {
                machine.interruptLine(machine.slots(Set.of()).getFirst());
                assertEquals(MEMORY, machine.memory().available());
              }
            }
          });
    }
  }

  @Test
  void aBackEndThatIsNotThereIsNamedWithTheRemedy() throws IOException {
    assertUnavailable("ENOENT", "start the back-end with this socket first");
    Files.createFile(socket());
    assertUnavailable("ECONNREFUSED", "start the back-end, and see that this user may write");
  }

  private void assertUnavailable(String... words) {
    var before = OpenFiles.now();
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(hasty()));
    before.awaitNoMore();
    for (String word : words) {
      assertTrue(String.valueOf(failure.getMessage()).contains(word), failure::getMessage);
    }
  }

  @Test
  void aSocketThatThisUserMayNotWriteToIsNamedWithTheRemedy() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      Files.setPosixFilePermissions(socket(), Set.of());
      Patience.answer(
          OtherUser.run(
              () -> assertUnavailable("EACCES", "see that this user may write to the socket")));
    }
  }

  /** Who listens takes nobody: the kernel has others wait, for ever if nobody says how long. */
  @Test
  void aBackEndThatTakesNoConnectionIsNotWaitedForWithoutABound() throws Exception {
    try (var _ = UnixSocket.listen(socket())) {
      List<UnixSocket> waiting = new ArrayList<>();
      try {
        var failure =
            assertThrows(
                LibcException.class,
                () -> {
                  while (true) {
                    waiting.add(UnixSocket.connect(socket(), Duration.ofMillis(50)));
                  }
                });
        assertEquals(Errno.EAGAIN, failure.errno());
        assertUnavailable("EAGAIN", "start the back-end");
      } finally {
        waiting.forEach(UnixSocket::close);
      }
    }
  }

  /** Room for what it does not read is the kernel's, and is full some day. */
  @Test
  void aBackEndThatStopsReadingIsLostInTime() throws Exception {
    try (var backEnd = new FakeBackEnd(socket(), HONEST).speaking(1 << 16);
        var machine = VhostUserMachine.open(hasty())) {
      var access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
      backEnd.stopReading();
      var failure =
          assertThrows(
              MachineException.class,
              () -> {
                while (true) {
                  access.setStatus(1);
                }
              });
      assertTrue(
          String.valueOf(failure.getMessage()).contains("does not take SET_STATUS within 1000 ms"),
          failure::getMessage);
      Patience.answer(machine.lost());
    }
  }

  /** A device may hang over the close of its machine: its call ends, and reaches nobody else. */
  @Test
  void whoWaitsForAnAnswerAtTheCloseIsTold() throws Exception {
    var asked = new CountDownLatch(1);
    UnaryOperator<Answer> silent =
        when(
            FakeBackEnd.GET_VRING_BASE,
            answer -> {
              asked.countDown();
              return bytes(answer, 0);
            });
    var patient =
        new VhostUserOptions(
            socket(), false, MEMORY, HugePagesWish.NEVER, Duration.ofSeconds(Patience.SECONDS * 2));
    try (var _ = new FakeBackEnd(socket(), silent)) {
      OpenFiles.noMoreAfter(
          () -> {
            var machine = VhostUserMachine.open(patient);
            var access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
            access.enableQueue(0, 256, false, 0, 0, 0);
            var reset = CompletableFuture.runAsync(() -> access.disableQueue(0));
            assertTrue(asked.await(Patience.SECONDS, TimeUnit.SECONDS));
            machine.close();
            assertThrows(MachineException.class, () -> Patience.answer(reset));
            assertThrows(MachineException.class, () -> access.enableQueue(1, 256, false, 0, 0, 0));
            assertThrows(MachineException.class, () -> access.notifyQueue(0));
          });
    }
  }

  /** Answers that are each in time may be too many together. */
  @Test
  void whatIsToBeDoneWithinATimeIsNotDrawnOutAnswerByAnswer() throws Exception {
    UnaryOperator<Answer> slow =
        when(
            FakeBackEnd.GET_VRING_BASE,
            answer -> {
              LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
              return answer;
            });
    try (var _ = new FakeBackEnd(socket(), slow);
        var machine = VhostUserMachine.open(options())) {
      var access = (BackEnd) machine.access(machine.slots(Set.of()).getFirst());
      for (int queue = 0; queue < 4; queue++) {
        access.enableQueue(queue, 256, false, 0, 0, 0);
      }
      access.disableQueue(0);
      var failure =
          assertThrows(
              MachineException.class,
              () ->
                  access.within(
                      Duration.ofMillis(300),
                      () -> IntStream.range(1, 4).forEach(access::disableQueue)));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("does not answer"), failure::getMessage);
      Patience.answer(machine.lost());
    }
  }

  @Test
  void aMachineMayBeClosedByWhoIsToldOfItsLoss() throws Exception {
    try (var backEnd = new FakeBackEnd(socket(), HONEST)) {
      OpenFiles.noMoreAfter(
          () -> {
            var machine = VhostUserMachine.open(options());
            var closed = machine.lost().thenAccept(_ -> machine.close());
            backEnd.hangUp();
            Patience.answer(closed);
          });
    }
  }

  @Test
  void whoIsInterruptedAtTheCloseStillClosesIt() throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      OpenFiles.noMoreAfter(
          () -> {
            var machine = VhostUserMachine.open(options());
            Thread.currentThread().interrupt();
            machine.close();
            assertTrue(Thread.interrupted());
          });
    }
  }

  @Test
  void nobodyWhoConnectsInTimeIsToldWithTheRemedy() {
    var before = OpenFiles.now();
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(server()));
    before.awaitNoMore();
    assertTrue(
        String.valueOf(failure.getMessage()).contains("start it as a client of this socket"));
    assertTrue(Files.notExists(socket()), "the socket is deleted");
  }

  @Test
  void aSocketThatIsInTheWayIsNotDeleted() throws IOException {
    Files.writeString(socket(), "somebody's");
    var before = OpenFiles.now();
    var failure =
        assertThrows(MachineUnavailableException.class, () -> VhostUserMachine.open(server()));
    before.awaitNoMore();
    assertTrue(String.valueOf(failure.getMessage()).contains("EADDRINUSE"), failure::getMessage);
    assertEquals("somebody's", Files.readString(socket()));
  }

  /** The name belongs to somebody else by then: the connection must not be left over. */
  @Test
  void aSocketThatCannotBeDeletedIsToldAndNothingIsLeftOpen() throws Exception {
    var before = OpenFiles.now();
    var opened = CompletableFuture.supplyAsync(() -> VhostUserMachine.open(patientServer()));
    Patience.until("it listens", () -> Files.exists(socket()));
    Path moved = Files.move(socket(), folder.resolve("moved.sock"));
    Files.createDirectories(socket().resolve("somebody's"));
    try (var _ = UnixSocket.connect(moved, Duration.ofSeconds(Patience.SECONDS))) {
      var failure = assertThrows(MachineException.class, () -> Patience.answer(opened));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("cannot be deleted"), failure::getMessage);
    }
    before.awaitNoMore();
  }

  private VhostUserOptions patientServer() {
    return new VhostUserOptions(socket(), true, MEMORY, HugePagesWish.NEVER, LONG);
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
    var before = OpenFiles.now();
    var failure = assertThrows(MachineException.class, () -> VhostUserMachine.open(options));
    before.awaitNoMore();
    assertTrue(String.valueOf(failure.getMessage()).contains("the system allows 107"));
  }

  @ParameterizedTest
  @EnumSource(HugePagesWish.class)
  void memoryThatIsNotThereIsRefusedAndNothingIsLeftOpen(HugePagesWish wish) throws Exception {
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      var before = OpenFiles.now();
      var failure =
          assertThrows(
              MachineUnavailableException.class,
              () -> VhostUserMachine.open(withMemory(1L << 50, wish)));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("no 1125899906842624 bytes of memory"),
          failure::getMessage);
      before.awaitNoMore();
    }
  }

  @Test
  void hugePagesThatAreNotThereAreRefusedWithTheRemedyAndNothingIsLeftOpen() throws Exception {
    long all =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    try (var _ = new FakeBackEnd(socket(), HONEST)) {
      var before = OpenFiles.now();
      var failure =
          assertThrows(
              MachineUnavailableException.class,
              () -> VhostUserMachine.open(withMemory(all, HugePagesWish.REQUIRE)));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("sysctl vm.nr_hugepages="),
          failure::getMessage);
      before.awaitNoMore();
    }
  }

  private VhostUserOptions withMemory(long bytes, HugePagesWish wish) {
    return new VhostUserOptions(socket(), false, bytes, wish, LONG);
  }

  /** Whoever is handed memory could cut it off, and an access of ours would end the JVM. */
  @Test
  void theSharedMemoryCannotBeCutOff() throws Exception {
    var cut = new CompletableFuture<Boolean>();
    try (var _ =
            new FakeBackEnd(socket(), HONEST)
                .handling(
                    (request, file) -> {
                      if (request == SET_MEM_TABLE) {
                        cut.complete(
                            HandedFile.truncate(file, 0) || HandedFile.truncate(file, 2 * MEMORY));
                      }
                    });
        var _ = VhostUserMachine.open(options())) {
      assertEquals(false, Patience.answer(cut));
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
