package virtionet.tcpip;

import akka.Done;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The way from other threads into a running stack. */
interface StackAccess {
  /**
   * Has a step done by the stack's thread, in the order of the calls. After the stack's end it is
   * not done.
   */
  void submit(Consumer<Stack> step);

  /**
   * The same for a step that answers, or throws a {@link TcpIpException}: after the stack's end,
   * the answer is the reason for it.
   */
  <T> CompletableFuture<T> ask(BiConsumer<Stack, CompletableFuture<T>> step);

  /** Ends the stack; what waits for something fails with this. */
  void close(TcpIpException reason);

  /** Completes at the stack's end: normally when it was closed, else with the reason. */
  CompletionStage<Done> terminated();
}
