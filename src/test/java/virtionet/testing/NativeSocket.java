package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A socket of Linux of a kind that the JDK has not, in the network namespace of its opener. */
final class NativeSocket implements AutoCloseable {
  private static final Linker LINKER = Linker.nativeLinker();

  private final int descriptor;

  private NativeSocket(int descriptor) {
    this.descriptor = descriptor;
  }

  static NativeSocket open(int family, int type) throws Throwable {
    int descriptor =
        (int)
            function(
                    "socket",
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT)
                .invokeExact(family, type, 0);
    assertTrue(descriptor >= 0, "no socket of family " + family + ": some take root");
    return new NativeSocket(descriptor);
  }

  void option(int level, int name, int value) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      int result =
          (int)
              function(
                      "setsockopt",
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_INT)
                  .invokeExact(
                      descriptor,
                      level,
                      name,
                      arena.allocateFrom(ValueLayout.JAVA_INT, value),
                      Integer.BYTES);
      assertEquals(0, result, "socket option " + name);
    }
  }

  void send(byte[] data, MemorySegment address) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      long sent =
          (long)
              function(
                      "sendto",
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_INT)
                  .invokeExact(
                      descriptor,
                      arena.allocateFrom(ValueLayout.JAVA_BYTE, data),
                      (long) data.length,
                      0,
                      address,
                      Math.toIntExact(address.byteSize()));
      assertEquals(data.length, sent, "bytes sent");
    }
  }

  /** The number of a network interface. */
  static int index(String networkInterface) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      int index =
          (int)
              function("if_nametoindex", ValueLayout.JAVA_INT, ValueLayout.ADDRESS)
                  .invokeExact(arena.allocateFrom(networkInterface));
      assertTrue(index > 0, "there is no interface " + networkInterface);
      return index;
    }
  }

  private static MethodHandle function(String name, ValueLayout result, ValueLayout... parameters) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
  }

  @Override
  public void close() {
    try {
      int closed =
          (int)
              function("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT).invokeExact(descriptor);
      assertEquals(0, closed);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
