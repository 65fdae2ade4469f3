package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import virtionet.driver.EventLoopConfigurator;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.NetSettings;

/**
 * Each public constructor and method of the packages for applications, given null for each of its
 * parameters in turn, refuses it at once with an exception that says so. Not those for which no
 * arguments can be made here; {@link #LEAST_TRIED} guards that they stay few.
 */
class NullArgumentsTest {
  private static final List<String> PACKAGES =
      List.of(
          "virtionet",
          "virtionet.cluster",
          "virtionet.driver",
          "virtionet.flows",
          "virtionet.net",
          "virtionet.observe.http",
          "virtionet.observe.metrics",
          "virtionet.observe.otel",
          "virtionet.observe.pcap",
          "virtionet.observe.prometheus",
          "virtionet.stream",
          "virtionet.tcpip");

  private static final int LEAST_TRIED = 200;

  private final Map<Class<?>, Object> samples =
      new HashMap<>(
          Map.ofEntries(
              Map.entry(String.class, "name"),
              Map.entry(Duration.class, Duration.ofSeconds(1)),
              Map.entry(Optional.class, Optional.empty()),
              Map.entry(OptionalInt.class, OptionalInt.empty()),
              Map.entry(OptionalLong.class, OptionalLong.empty()),
              Map.entry(List.class, List.of()),
              Map.entry(Set.class, Set.of()),
              Map.entry(Map.class, Map.of()),
              Map.entry(byte[].class, new byte[64]),
              Map.entry(Config.class, ConfigFactory.load()),
              Map.entry(MacAddress.class, MacAddress.parse("02:00:00:00:00:01")),
              Map.entry(NetSettings.class, NetSettings.defaults()),
              Map.entry(Object.class, "object"),
              Map.entry(Frame.class, Frame.ofLength(60)),
              Map.entry(boolean.class, false),
              Map.entry(byte.class, (byte) 1),
              Map.entry(short.class, (short) 1),
              Map.entry(int.class, 1),
              Map.entry(long.class, 1L),
              Map.entry(double.class, 0.5)));

  private final Set<Class<?>> making = new HashSet<>();
  private int tried;

  /** Where classes of ours lie, tests excepted. */
  private static Stream<Class<?>> publicTypes() throws IOException, URISyntaxException {
    Path classes = Path.of(Frame.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    List<Class<?>> types = new ArrayList<>();
    for (String name : PACKAGES) {
      try (Stream<Path> files = Files.list(classes.resolve(name.replace('.', '/')))) {
        for (Path file : files.sorted().toList()) {
          String simple = file.getFileName().toString();
          if (simple.endsWith(".class") && !simple.equals("package-info.class")) {
            String type = name + "." + simple.substring(0, simple.length() - ".class".length());
            types.add(load(type));
          }
        }
      }
    }
    return types.stream()
        .filter(NullArgumentsTest::isPublic)
        // The message of an exception is for people: it may be missing. The other is for Akka
        // alone.
        .filter(type -> !Throwable.class.isAssignableFrom(type))
        .filter(type -> !type.equals(EventLoopConfigurator.class));
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isPublic(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return Modifier.isPublic(type.getModifiers())
        && !type.isAnonymousClass()
        && (outer == null || isPublic(outer));
  }

  private static Stream<Executable> publicExecutables(Class<?> type) {
    Stream<Executable> constructors =
        Modifier.isAbstract(type.getModifiers()) ? Stream.of() : Stream.of(type.getConstructors());
    return Stream.concat(constructors, Stream.of(type.getDeclaredMethods()))
        .filter(executable -> Modifier.isPublic(executable.getModifiers()))
        .filter(executable -> !executable.isSynthetic())
        // Of an interface only what is static is ours: else a stand-in would answer.
        .filter(executable -> !type.isInterface() || Modifier.isStatic(executable.getModifiers()))
        .filter(executable -> !executable.getName().equals("equals"));
  }

  @Test
  void nullIsRefusedAtOnceWhereverItIsGiven() throws Exception {
    Set<String> wrong = new TreeSet<>();
    publicTypes()
        .flatMap(NullArgumentsTest::publicExecutables)
        .forEach(executable -> tryNulls(executable, wrong));
    assertEquals("", String.join("\n", wrong));
    assertTrue(tried >= LEAST_TRIED, () -> "only " + tried + " were tried");
  }

  private void tryNulls(Executable executable, Set<String> wrong) {
    Class<?>[] types = executable.getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      if (types[i].isPrimitive()
          || isNullable(executable.getAnnotatedParameterTypes()[i])
          || isNullable(executable.getParameters()[i])) {
        continue;
      }
      @Nullable Object[] arguments = new Object[types.length];
      boolean complete = true;
      for (int j = 0; j < types.length; j++) {
        arguments[j] = j == i ? null : sample(types[j]);
        complete &= j == i || arguments[j] != null;
      }
      Object target = target(executable);
      if (!complete || (target == null && needsTarget(executable))) {
        continue;
      }
      tried++;
      String problem = problem(executable, target, arguments);
      if (!problem.isEmpty()) {
        wrong.add(
            "%s, parameter %s: %s"
                .formatted(executable, executable.getParameters()[i].getName(), problem));
      }
    }
  }

  private static boolean isNullable(AnnotatedElement element) {
    return element.isAnnotationPresent(Nullable.class);
  }

  private static boolean needsTarget(Executable executable) {
    return executable instanceof Method && !Modifier.isStatic(executable.getModifiers());
  }

  private @Nullable Object target(Executable executable) {
    return needsTarget(executable) ? sample(executable.getDeclaringClass()) : null;
  }

  private static String problem(
      Executable executable, @Nullable Object target, @Nullable Object[] arguments) {
    try {
      call(executable, target, arguments);
      return "taken";
    } catch (InvocationTargetException e) {
      Throwable thrown = e.getCause();
      if (thrown instanceof NullPointerException || thrown instanceof IllegalArgumentException) {
        return thrown.getMessage() == null ? "refused without a word" : "";
      }
      return String.valueOf(thrown);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(executable.toString(), e);
    }
  }

  private static Object call(
      Executable executable, @Nullable Object target, @Nullable Object[] arguments)
      throws ReflectiveOperationException {
    return executable instanceof Constructor<?> constructor
        ? constructor.newInstance(arguments)
        : ((Method) executable).invoke(target, arguments);
  }

  /** Some value of that type; null when none can be made. */
  private @Nullable Object sample(Class<?> type) {
    Object known = samples.get(type);
    if (known != null) {
      return known;
    }
    Object made = make(type);
    if (made != null) {
      samples.put(type, made);
    }
    return made;
  }

  private @Nullable Object make(Class<?> type) {
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        Object sample = sample(permitted);
        if (sample != null) {
          return sample;
        }
      }
      return null;
    }
    if (type.isInterface()) {
      return Proxy.newProxyInstance(
          NullArgumentsTest.class.getClassLoader(),
          new Class<?>[] {type},
          (proxy, method, arguments) -> method.getName().equals("hashCode") ? 1 : null);
    }
    if (!type.getName().startsWith("virtionet.") || !making.add(type)) {
      return null;
    }
    try {
      List<Executable> makers = new ArrayList<>(List.of(type.getConstructors()));
      Stream.of(type.getDeclaredMethods())
          .filter(method -> Modifier.isStatic(method.getModifiers()))
          .filter(method -> Modifier.isPublic(method.getModifiers()))
          .filter(method -> method.getReturnType() == type)
          .forEach(makers::add);
      for (Executable maker : makers) {
        @Nullable Object[] arguments =
            Stream.of(maker.getParameterTypes()).map(this::sample).toArray();
        if (Stream.of(arguments).allMatch(argument -> argument != null)) {
          try {
            return call(maker, null, arguments);
          } catch (ReflectiveOperationException e) {
            // Not with these arguments: perhaps another maker.
          }
        }
      }
      return null;
    } finally {
      making.remove(type);
    }
  }
}
