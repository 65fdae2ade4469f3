package virtionet.fuzz;

import virtionet.conformance.MutatingLoader;

/** A bug that is put into the driver: calls that become others, of {@link PlantedBugs}. */
enum PlantedBug {
  USED_ID_NOT_CHECKED("virtio.BaseVirtqueue", "compareUnsigned", "alwaysLess"),
  USED_LENGTH_NOT_CHECKED("net.ReceiveQueue", "writableLength", "noLimit"),
  LENGTH_ONE_TOO_LONG("net.ReceiveQueue", "poll", "oneMore"),
  HEADER_NOT_CHECKED("net.ReceiveQueue", "accepts", "always"),
  BUFFER_OF_A_BAD_FRAME_LOST("net.MergedBuffers", "takeBack", "forgotten"),
  SENT_FRAME_NOT_RELEASED("net.TransmitQueue", "release", "forgotten"),
  SENT_FRAME_RELEASED_TWICE("net.InFlight", "sent", "twice"),
  DESCRIPTORS_NOT_TAKEN_BACK("virtio.BaseVirtqueue", "release", "forgotten");

  private final String classes;
  private final String called;
  private final String replacement;

  PlantedBug(String classes, String called, String replacement) {
    this.classes = "virtionet." + classes;
    this.called = called;
    this.replacement = replacement;
  }

  MutatingLoader.Calls calls() {
    return new MutatingLoader.Calls(classes, called, PlantedBugs.class, replacement);
  }
}
