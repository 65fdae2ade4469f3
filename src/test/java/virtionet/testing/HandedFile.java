package virtionet.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What a process can do with a file that it was handed, by the C library's own calls; of their
 * answers nothing is hidden.
 */
public final class HandedFile {
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int NONBLOCK = 0x800;

  private static final MethodHandle FCNTL =
      bind(2, "fcntl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle READ = bind(3, "read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE =
      bind(3, "write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle TRUNCATE = bind(2, "ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);

  private static final MethodHandle DUPLICATE = bind(1, "dup", JAVA_INT, JAVA_INT);

  private HandedFile() {}

  private static MethodHandle bind(
      int named, String name, MemoryLayout result, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    var descriptor = FunctionDescriptor.of(result, parameters);
    MemorySegment symbol = linker.defaultLookup().findOrThrow(name);
    return named < parameters.length
        ? linker.downcallHandle(symbol, descriptor, Linker.Option.firstVariadicArg(named))
        : linker.downcallHandle(symbol, descriptor);
  }

  private interface Call {
    long run(MemorySegment eight) throws Throwable;
  }

  private static long call(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      return call.run(arena.allocate(JAVA_LONG));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Whoever reads or writes the file waits from now on. */
  public static void makeBlocking(int descriptor) {
    call(
        _ -> {
          int flags = (int) FCNTL.invokeExact(descriptor, F_GETFL, 0);
          return (int) FCNTL.invokeExact(descriptor, F_SETFL, flags & ~NONBLOCK);
        });
  }

  /** Bytes written, -1 for an error. */
  public static long write(int descriptor, long value) {
    return call(
        eight -> {
          eight.set(JAVA_LONG, 0, value);
          return (long) WRITE.invokeExact(descriptor, eight, JAVA_LONG.byteSize());
        });
  }

  /** The value that it holds, as eventfd_read(3) gives it; -1 for an error. */
  public static long read(int descriptor) {
    return call(
        eight -> {
          long read = (long) READ.invokeExact(descriptor, eight, JAVA_LONG.byteSize());
          return read == JAVA_LONG.byteSize() ? eight.get(JAVA_LONG, 0) : -1;
        });
  }

  /** Another descriptor of the same file. */
  public static int duplicate(int descriptor) {
    return (int) call(_ -> (int) DUPLICATE.invokeExact(descriptor));
  }

  /** Whether it could be done. */
  public static boolean truncate(int descriptor, long bytes) {
    return call(_ -> (int) TRUNCATE.invokeExact(descriptor, bytes)) == 0;
  }
}
