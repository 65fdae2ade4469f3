package virtionet.examples;

import akka.NotUsed;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import virtionet.net.Frame;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;

/** The example of docs/testkit.md: tests a flow of frames on the driver, without QEMU. */
public final class MirrorOnModel {
  private MirrorOnModel() {}

  public static void main(String[] arguments) {
    // docs/testkit.md: from here
    // The flow to be tested: sends each frame back to where it came from.
    Flow<Frame, Frame, NotUsed> mirror =
        Flow.<Frame>create()
            .map(
                frame -> {
                  byte[] addresses = frame.segment().asSlice(0, 12).toArray(ValueLayout.JAVA_BYTE);
                  MemorySegment.copy(addresses, 6, frame.segment(), ValueLayout.JAVA_BYTE, 0, 6);
                  MemorySegment.copy(addresses, 0, frame.segment(), ValueLayout.JAVA_BYTE, 6, 6);
                  return frame;
                });
    ModelSettings card = ModelSettings.modern().offering(ModelSettings.RING_PACKED);
    try (DriverOnModel driver = DriverOnModel.of(card)) {
      var connection = driver.net().flow().joinMat(mirror, Keep.left()).run(driver.system());
      System.out.println(DriverOnModel.await(connection).mac());

      NetDeviceModel device = driver.device(); // the far end: what is beyond the card
      String question = "525400123456" + "020000000001" + "88b5" + "00".repeat(46);
      device.receive(HexFormat.of().parseHex(question));
      List<byte[]> answers = new ArrayList<>();
      DriverOnModel.until(
          "an answer",
          () -> {
            answers.addAll(device.takeTransmitted());
            return !answers.isEmpty();
          });
      System.out.println(HexFormat.of().formatHex(answers.getFirst(), 0, 14));

      // The device was reset, each buffer is back, and the driver broke no rule of VirtIO.
      driver.stopWithoutATrace();
    }
    // docs/testkit.md: to here
  }
}
