package virtionet.fuzz;

import java.util.function.LongFunction;

/** A fuzzer that a test can start in classes of another loader. */
public final class Trial implements LongFunction<String> {

  /** What was found within so many steps, or nothing. */
  @Override
  public String apply(long steps) {
    var fuzzer = new Fuzzer(1);
    try {
      Watched.run(fuzzer, () -> fuzzer.steps() < steps, () -> {});
      return "";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }
}
