package virtionet.machine.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import virtionet.machine.MachineUnavailableException;

/**
 * The few calls of the C library that Java has no words for. A failed call is a {@link
 * LibcException} with what it was about and the error number. Any thread.
 */
public final class Libc {
  public static final int PROT_NONE = 0;
  public static final int PROT_READ_WRITE = 3;
  public static final int MAP_SHARED = 0x01;
  public static final int MAP_PRIVATE = 0x02;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_LOCKED = 0x2000;
  public static final int MAP_NORESERVE = 0x4000;
  public static final int MAP_POPULATE = 0x8000;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int MFD_HUGETLB = 4;
  private static final int F_ADD_SEALS = 1033;
  private static final int SEAL_SIZE = 1 | 2 | 4; // and the seals themselves
  private static final int PHYSICAL_PAGES = 85;
  private static final long MAP_FAILED = -1;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> OF_THREAD =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private static final MethodHandle OPEN = bind("open", 2, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle READ = bind("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = bind("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle MMAP =
      bind("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = bind("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle TRUNCATE = bind("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle ALLOCATE =
      bind("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MEMFD = bind("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle FCNTL =
      bind("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SYSCONF = bind("sysconf", JAVA_LONG, JAVA_INT);
  private static final MethodHandle PAGE_SIZE = bind("getpagesize", JAVA_INT);

  private Libc() {}

  static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... parameters) {
    return bind(name, -1, result, parameters);
  }

  /**
   * @param firstVariadic index of the first argument that C passes as one of "..."; -1: none
   */
  private static MethodHandle bind(
      String name, int firstVariadic, MemoryLayout result, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    MemorySegment symbol =
        linker
            .defaultLookup()
            .find(name)
            .orElseThrow(
                () -> new MachineUnavailableException("the C library has no " + name + "()"));
    Linker.Option state = Linker.Option.captureCallState("errno");
    FunctionDescriptor descriptor = FunctionDescriptor.of(result, parameters);
    return firstVariadic >= 0 && firstVariadic < parameters.length
        ? linker.downcallHandle(
            symbol, descriptor, state, Linker.Option.firstVariadicArg(firstVariadic))
        : linker.downcallHandle(symbol, descriptor, state);
  }

  /** A call with errno captured; what it throws can only be a mistake of ours. */
  @FunctionalInterface
  interface Call {
    long run(MemorySegment state) throws Throwable;
  }

  /** Runs a call that answers less than 0 on failure; again when a signal came in between. */
  static long checked(String what, Call call) {
    try {
      MemorySegment state = state();
      long result;
      do {
        result = call.run(state);
      } while (result < 0 && errno(state) == Errno.EINTR);
      if (result < 0) {
        throw new LibcException(what, errno(state));
      }
      return result;
    } catch (Throwable e) {
      throw ours(e);
    }
  }

  /** Where a call of this thread leaves its error number; the next call overwrites it. */
  static MemorySegment state() {
    return OF_THREAD.get();
  }

  /** What a call has thrown, which can only be a mistake of ours, or was thrown by us. */
  static RuntimeException ours(Throwable e) {
    switch (e) {
      case RuntimeException runtime -> throw runtime;
      case Error error -> throw error;
      default -> throw new AssertionError("a call of the C library", e);
    }
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /** Opens a file for reading and writing; the descriptor is not inherited by processes. */
  public static int open(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(file.toString());
      return (int)
          checked("open " + file, state -> (int) OPEN.invokeExact(state, path, O_RDWR | O_CLOEXEC));
    }
  }

  public static void close(int descriptor) {
    checked(
        "close descriptor " + descriptor,
        state -> {
          int result = (int) CLOSE.invokeExact(state, descriptor);
          // Linux has given it up even so: a second try could close another thread's new file.
          return result < 0 && errno(state) == Errno.EINTR ? 0 : result;
        });
  }

  /** Reads a native integer that the descriptor gives in one piece, such as a UIO's count. */
  public static int readInt(int descriptor, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(JAVA_INT);
      checked(
          "read " + what,
          state -> (long) READ.invokeExact(state, descriptor, buffer, JAVA_INT.byteSize()));
      return buffer.get(JAVA_INT, 0);
    }
  }

  public static void writeInt(int descriptor, int value, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocateFrom(JAVA_INT, value);
      checked(
          "write " + what,
          state -> (long) WRITE.invokeExact(state, descriptor, buffer, JAVA_INT.byteSize()));
    }
  }

  /**
   * Memory as a file without a name, which lives as long as somebody has it open or mapped.
   *
   * @param name for people, as /proc shows it
   * @param huge of huge pages of the system's default size
   */
  public static int memfd(String name, boolean huge) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment label = arena.allocateFrom(name);
      int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (huge ? MFD_HUGETLB : 0);
      return (int)
          checked("memfd_create " + name, state -> (int) MEMFD.invokeExact(state, label, flags));
    }
  }

  /** Fixes the size of a {@link #memfd} for good, for whoever has it. */
  public static void sealSize(int memfd) {
    checked("seal a memfd", state -> (int) FCNTL.invokeExact(state, memfd, F_ADD_SEALS, SEAL_SIZE));
  }

  public static void truncate(int descriptor, long bytes, String what) {
    checked("ftruncate " + what, state -> (int) TRUNCATE.invokeExact(state, descriptor, bytes));
  }

  /** Has the system provide all pages of a file now, or none of them. */
  public static void allocate(int descriptor, long bytes, String what) {
    checked(
        "fallocate " + what, state -> (int) ALLOCATE.invokeExact(state, descriptor, 0, 0L, bytes));
  }

  /**
   * Maps memory.
   *
   * @param address where; 0: wherever there is room
   * @param descriptor -1 for none
   * @return its address
   */
  public static long mmap(
      long address,
      long bytes,
      int protection,
      int flags,
      int descriptor,
      long offset,
      String what) {
    long[] mapped = {MAP_FAILED};
    checked(
        "mmap " + what,
        state -> {
          mapped[0] =
              (long) MMAP.invokeExact(state, address, bytes, protection, flags, descriptor, offset);
          return mapped[0] == MAP_FAILED ? -1 : 0;
        });
    return mapped[0];
  }

  public static void munmap(long address, long bytes) {
    checked("munmap", state -> (int) MUNMAP.invokeExact(state, address, bytes));
  }

  /** Mapped memory as a segment that is unmapped with the arena: later use throws. */
  public static MemorySegment segment(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, gone -> munmap(gone.address(), bytes));
  }

  /** Bytes of the pages that the kernel counts in. */
  public static int pageSize() {
    return (int) checked("getpagesize", state -> (int) PAGE_SIZE.invokeExact(state));
  }

  /** Bytes of memory that this system has, whoever uses them. */
  public static long memoryOfSystem() {
    return pageSize()
        * checked(
            "sysconf _SC_PHYS_PAGES", state -> (long) SYSCONF.invokeExact(state, PHYSICAL_PAGES));
  }
}
