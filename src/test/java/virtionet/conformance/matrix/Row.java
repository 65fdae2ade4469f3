package virtionet.conformance.matrix;

import java.util.List;

/**
 * A requirement of VirtIO 1.3 for a driver, in our words.
 *
 * @param section of the specification
 * @param level MUST, MUST NOT, SHOULD, SHOULD NOT, MAY, or IMPLIED: what follows from the text
 * @param stage the part of the driver that it is about
 */
record Row(String id, String section, String level, String requirement, String stage) {

  static List<Row> all() {
    return Csv.resource("requirements.csv").stream()
        .map(row -> new Row(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
        .toList();
  }

  boolean isMust() {
    return level.startsWith("MUST");
  }

  boolean isShould() {
    return level.startsWith("SHOULD");
  }
}
