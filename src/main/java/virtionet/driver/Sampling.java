package virtionet.driver;

/** Picks one in so many. One thread. */
final class Sampling {
  private final int oneIn;
  private int passed;

  /**
   * @param oneIn 0: none is picked
   */
  Sampling(int oneIn) {
    this.oneIn = oneIn;
  }

  /** Whether any is picked. */
  boolean isOn() {
    return oneIn > 0;
  }

  /** Whether the next one will be. */
  boolean isNext() {
    return oneIn > 0 && passed == oneIn - 1;
  }

  /** One has come: whether it is picked. */
  boolean take() {
    boolean picked = isNext();
    if (oneIn > 0) {
      passed = picked ? 0 : passed + 1;
    }
    return picked;
  }
}
