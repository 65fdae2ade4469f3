package virtionet.vhost;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Runs something as one who may only what file permissions allow, which do not hold root up. */
final class OtherUser {
  private static final int NOBODY = 65_534;

  /** Of a thread, not of the process (setfsuid(2)). */
  private static final MethodHandle SET_USER_FOR_FILES =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("setfsuid"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private OtherUser() {}

  /** In a thread that ends with it; for who is not root, as who he is. */
  static CompletionStage<Void> run(Runnable action) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            int before = (int) SET_USER_FOR_FILES.invokeExact(NOBODY);
            action.run();
            int _ = (int) SET_USER_FOR_FILES.invokeExact(before);
          } catch (RuntimeException | Error e) {
            throw e;
          } catch (Throwable e) {
            throw new AssertionError(e);
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }
}
