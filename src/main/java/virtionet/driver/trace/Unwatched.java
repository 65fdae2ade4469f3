package virtionet.driver.trace;

/** Work that nobody watches. */
final class Unwatched implements Work {
  @Override
  public boolean isWatched() {
    return false;
  }

  @Override
  public Work begin(String name) {
    return this;
  }

  @Override
  public Work with(String key, String value) {
    return this;
  }

  @Override
  public Work with(String key, long value) {
    return this;
  }

  @Override
  public void event(String name) {}

  @Override
  public void event(String name, String key, String value) {}

  @Override
  public void fail(String reason) {}

  @Override
  public void fail(Throwable cause) {}

  @Override
  public void end() {}
}
