package virtionet.machine.vhost;

import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import virtionet.machine.ContiguousMemory;
import virtionet.machine.DeviceAccess;
import virtionet.machine.DeviceMemory;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.Slot;
import virtionet.machine.libc.EventFd;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.LibcException;
import virtionet.machine.libc.UnixSocket;

/**
 * A machine with one device and no bus: a vhost-user back-end, such as DPDK's or Open vSwitch's. It
 * is lost when the back-end closes the socket.
 */
public final class VhostUserMachine implements Machine {
  private final VhostUserOptions options;
  private final Channel channel;
  private final UnixSocket socket;
  private final SharedMemory shared;
  private final ContiguousMemory memory;
  private final VhostUserBackEnd backEnd;
  private final Slot slot;
  private final List<CallLine> lines = new ArrayList<>();
  private final CompletableFuture<String> lost = new CompletableFuture<>();
  private final int ending;
  private final Thread watcher;
  private boolean closed;

  @SuppressWarnings("MustBeClosedChecker")
  private VhostUserMachine(
      VhostUserOptions options,
      UnixSocket socket,
      SharedMemory shared,
      VhostUserBackEnd backEnd,
      Channel channel,
      int ending) {
    this.options = options;
    this.socket = socket;
    this.channel = channel;
    this.shared = shared;
    this.backEnd = backEnd;
    this.ending = ending;
    memory = new ContiguousMemory(shared.segment(), shared.address());
    slot = new Slot("vhost-user", 0, 0, OptionalInt.empty(), true);
    watcher = Thread.ofPlatform().name("virtionet-vhost-user").daemon().start(this::watch);
  }

  /**
   * Connects, or waits for the back-end to connect, and greets it.
   *
   * @throws MachineUnavailableException when the back-end is not there, or memory lacks: the
   *     message says what to do
   * @throws MachineException when it does not speak as it should
   */
  public static VhostUserMachine open(VhostUserOptions options) {
    try (var undo = new Undo()) {
      UnixSocket socket = socket(options);
      var channel = new Channel(socket, options.timeout());
      undo.onFailure(channel::close);
      SharedMemory shared = SharedMemory.take(options.memory(), options.huge());
      undo.onFailure(shared::giveUp);
      var backEnd = new VhostUserBackEnd(channel, shared);
      undo.onFailure(backEnd::close);
      int ending = EventFd.open();
      undo.onFailure(() -> Libc.close(ending));
      var machine = new VhostUserMachine(options, socket, shared, backEnd, channel, ending);
      undo.forget();
      return machine;
    }
  }

  /** What was opened so far, and is closed again should the next step fail. */
  private static final class Undo implements AutoCloseable {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void onFailure(Runnable step) {
      steps.push(step);
    }

    void forget() {
      steps.clear();
    }

    @Override
    public void close() {
      steps.forEach(Runnable::run);
    }
  }

  private static UnixSocket socket(VhostUserOptions options) {
    try {
      if (!options.server()) {
        return UnixSocket.connect(options.socket(), options.timeout());
      }
      return accept(options);
    } catch (LibcException e) {
      String remedy =
          options.server()
              ? "delete the file if nobody uses it, or name another"
              : Files.exists(options.socket())
                  ? "start the back-end, and see that this user may write to the socket"
                  : "start the back-end with this socket first";
      throw new MachineUnavailableException("%s: %s".formatted(e.getMessage(), remedy), e);
    }
  }

  private static UnixSocket accept(VhostUserOptions options) {
    try (var undo = new Undo()) {
      UnixSocket accepted;
      try (UnixSocket.Listener listener = UnixSocket.listen(options.socket())) {
        accepted =
            listener
                .accept(options.timeout())
                .orElseThrow(
                    () ->
                        new MachineUnavailableException(
                            "no back-end has connected to %s within %d ms: start it as a client of this socket"
                                .formatted(options.socket(), options.timeout().toMillis())));
        undo.onFailure(accepted::close);
      }
      undo.forget();
      return accepted;
    }
  }

  private void watch() {
    if (socket.awaitEnd(ending)) {
      lost.complete(
          "the vhost-user back-end at %s has closed the connection".formatted(options.socket()));
      closeLines();
    }
  }

  @Override
  public String description() {
    return "vhost-user at %s".formatted(options.socket());
  }

  @Override
  public synchronized List<Slot> slots(Set<String> compatible) {
    throwIfClosed();
    return List.of(slot);
  }

  @Override
  public synchronized DeviceAccess access(Slot wanted) {
    throwIfClosed();
    return backEnd;
  }

  @Override
  public synchronized DeviceMemory memory() {
    throwIfClosed();
    return memory;
  }

  @Override
  public synchronized InterruptLine interruptLine(Slot wanted) {
    throwIfClosed();
    lines.forEach(CallLine::close);
    lines.clear();
    CallLine line = backEnd.line();
    lines.add(line);
    return line;
  }

  private void throwIfClosed() {
    if (closed) {
      throw new MachineException("%s was closed".formatted(description()));
    }
    if (lost.isDone()) {
      throw new MachineException(lost.join());
    }
  }

  @Override
  public CompletionStage<String> lost() {
    return lost.minimalCompletionStage();
  }

  private synchronized void closeLines() {
    lines.forEach(CallLine::close);
    lines.clear();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    closeLines();
    EventFd.signal(ending);
    awaitWatcher();
    // The channel first: nothing can be sent any more when the numbers of files become others'.
    channel.close();
    backEnd.close();
    Libc.close(shared.descriptor());
    Libc.close(ending);
  }

  /** It ends at once, and uses files until then. */
  private void awaitWatcher() {
    boolean interrupted = false;
    while (watcher.isAlive() && Thread.currentThread() != watcher) {
      try {
        watcher.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
