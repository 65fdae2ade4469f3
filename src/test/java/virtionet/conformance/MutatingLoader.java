package virtionet.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Loads this project's classes anew, perhaps with a mutation; all others are the usual ones. */
public final class MutatingLoader extends ClassLoader {

  /**
   * Calls that become others.
   *
   * @param classes how the names of those begin in which they are
   * @param called the method's name
   * @param mutants where the static methods are that stand in for it
   * @param replacement their name
   */
  public record Calls(String classes, String called, Class<?> mutants, String replacement) {
    boolean areIn(String className) {
      return className.startsWith(classes);
    }
  }

  private static final String OURS = "virtionet.";
  private static final ClassDesc OBJECT = ClassDesc.of("java.lang.Object");

  private final Optional<Calls> mutation;
  private int replaced;

  /**
   * @param mutation empty: the classes as they are
   */
  public MutatingLoader(Optional<Calls> mutation) {
    super(Objects.requireNonNull(MutatingLoader.class.getClassLoader()));
    this.mutation = mutation;
  }

  /** How many calls were replaced in the classes that were loaded until now. */
  public int replaced() {
    return replaced;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes;
    try (InputStream stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (stream == null) {
        throw new ClassNotFoundException(name);
      }
      bytes = stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] mutated =
        mutation
            .filter(calls -> calls.areIn(name))
            .map(calls -> mutate(bytes, calls))
            .orElse(bytes);
    return defineClass(name, mutated, 0, mutated.length);
  }

  private byte[] mutate(byte[] bytes, Calls with) {
    var resolver = ClassHierarchyResolver.ofResourceParsing(getParent());
    ClassFile classFile = ClassFile.of(ClassHierarchyResolverOption.of(resolver));
    CodeTransform calls = (builder, element) -> replace(builder, element, with);
    return classFile.transformClass(
        classFile.parse(bytes), ClassTransform.transformingMethodBodies(calls));
  }

  private void replace(CodeBuilder builder, CodeElement element, Calls with) {
    Optional<MethodTypeDesc> replacement =
        element instanceof InvokeInstruction call ? replacement(call, with) : Optional.empty();
    if (replacement.isPresent()) {
      builder.invokestatic(
          ClassDesc.of(with.mutants().getName()), with.replacement(), replacement.get());
      replaced++;
    } else {
      builder.with(element);
    }
  }

  private static Optional<MethodTypeDesc> replacement(InvokeInstruction call, Calls with) {
    if (!call.name().equalsString(with.called()) || call.opcode() == Opcode.INVOKESPECIAL) {
      return Optional.empty();
    }
    MethodTypeDesc arguments =
        call.opcode() == Opcode.INVOKESTATIC
            ? call.typeSymbol()
            : call.typeSymbol().insertParameterTypes(0, call.owner().asSymbol());
    return Stream.of(with.mutants().getDeclaredMethods())
        .filter(method -> method.getName().equals(with.replacement()))
        .map(MutatingLoader::descriptor)
        .filter(descriptor -> takes(descriptor, arguments))
        .findFirst();
  }

  private static MethodTypeDesc descriptor(Method method) {
    return MethodType.methodType(method.getReturnType(), method.getParameterTypes())
        .describeConstable()
        .orElseThrow();
  }

  /** An Object stands for a type that only its own package can name. */
  private static boolean takes(MethodTypeDesc replacement, MethodTypeDesc call) {
    if (replacement.parameterCount() != call.parameterCount()
        || !replacement.returnType().equals(call.returnType())) {
      return false;
    }
    for (int i = 0; i < call.parameterCount(); i++) {
      ClassDesc wanted = replacement.parameterType(i);
      ClassDesc given = call.parameterType(i);
      if (!wanted.equals(given) && !(wanted.equals(OBJECT) && !given.isPrimitive())) {
        return false;
      }
    }
    return true;
  }
}
