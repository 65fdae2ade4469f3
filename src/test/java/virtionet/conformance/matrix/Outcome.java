package virtionet.conformance.matrix;

/** What came of a test; of several runs of one test the last in this order counts. */
enum Outcome {
  SKIPPED,
  PASSED,
  FAILED;

  Outcome and(Outcome other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
