package virtionet.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Props;
import akka.actor.typed.javadsl.Behaviors;
import akka.serialization.SerializationExtension;
import java.io.NotSerializableException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import virtionet.Ethernet;
import virtionet.net.Frame;
import virtionet.net.Offload;
import virtionet.net.Offload.Segmentation;
import virtionet.stream.FrameParcel;
import virtionet.testing.DriverOnModel;
import virtionet.testing.TestBytes;

/** What is written for another node is read there as it was, or refused with a reason. */
class EthernetSerializerTest {
  private static ActorSystem<Void> system;
  private static EthernetSerializer serializer;

  @BeforeAll
  static void start() throws NotSerializableException {
    system = ActorSystem.create(Behaviors.empty(), "alone");
    serializer =
        assertInstanceOf(
            EthernetSerializer.class,
            SerializationExtension.get(system).serializerFor(FrameParcel.class));
  }

  @AfterAll
  static void end() {
    system.terminate();
    DriverOnModel.await(system.getWhenTerminated());
  }

  private static Object copy(Object message) throws NotSerializableException {
    return serializer.fromBinary(serializer.toBinary(message), serializer.manifest(message));
  }

  @Test
  void framesArriveWithTheirBytesAndWhatIsLeftToDoForThem() throws Exception {
    List<Offload> offloads =
        new ArrayList<>(
            List.of(
                Offload.NONE,
                Offload.VERIFIED,
                new Offload(34, 16, Segmentation.NONE, 0, false, 0, false),
                new Offload(0xffff, 0xffff, Segmentation.NONE, 0, false, 0xffff, true)));
    for (Segmentation segmentation : Segmentation.values()) {
      if (segmentation != Segmentation.NONE) {
        offloads.add(new Offload(34, 16, segmentation, 40_000, true, 54, false));
      }
    }
    List<Frame> frames = new ArrayList<>();
    for (int i = 0; i < offloads.size(); i++) {
      frames.add(Frame.wrap(TestBytes.frame(i, 14 + i * 9_000)).offload(offloads.get(i)));
    }
    var parcel = assertInstanceOf(FrameParcel.class, copy(new FrameParcel(frames)));
    assertEquals(frames.size(), parcel.frames().size());
    for (int i = 0; i < frames.size(); i++) {
      assertEquals(offloads.get(i), parcel.frames().get(i).offload());
      assertArrayEquals(frames.get(i).toByteArray(), parcel.frames().get(i).toByteArray());
    }
    assertEquals(new FrameParcel(List.of()), copy(new FrameParcel(List.of())));
  }

  @Test
  void anotherVersionsMessageIsRefusedWithBothVersions() {
    byte[] bytes = serializer.toBinary(new FrameParcel(List.of()));
    String refusal =
        assertThrows(NotSerializableException.class, () -> serializer.fromBinary(bytes, "parcel/2"))
            .getMessage();
    assertEquals(
        "\"parcel/2\": this node speaks version 1 of virtionet's protocol; have the same release on"
            + " all nodes",
        refusal);
  }

  /** Its device's name may be written in any way: all that is needed of it is whom to tell. */
  @Test
  void anotherVersionsWishToConnectIsReadSoFarThatItCanBeAnswered() throws Exception {
    ActorRef<Ethernet.Reply> client =
        system.systemActorOf(Behaviors.empty(), "client", Props.empty());
    var wish = new Ethernet.ConnectRemotely(Optional.of("virtio_mmio@1"), 2, client);
    byte[] bytes = serializer.toBinary(wish);
    byte[] head = Arrays.copyOf(bytes, bytes.length - 4);
    var read =
        assertInstanceOf(Ethernet.ConnectRemotely.class, serializer.fromBinary(head, "connect/2"));
    assertEquals(2, read.protocol());
    assertEquals(client, read.replyTo());
    assertThrows(NotSerializableException.class, () -> serializer.fromBinary(head, "connect/1"));
  }

  @Test
  void aReasonThatIsTooLongForAMessageIsCut() throws Exception {
    var refused =
        assertInstanceOf(Ethernet.Refused.class, copy(new Ethernet.Refused("→".repeat(100_000))));
    assertTrue(refused.reason().length() > 10_000);
  }

  @Test
  void bytesThatAreNoMessageAreRefusedAndNothingElse() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    byte[] good =
        serializer.toBinary(
            new FrameParcel(
                List.of(
                    Frame.wrap(TestBytes.frame(1, 60)),
                    Frame.wrap(TestBytes.frame(2, 60))
                        .offload(
                            new Offload(34, 16, Segmentation.TCPV4, 1_400, true, 54, false)))));
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 20));
      for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      String manifest =
          List.of("parcel/1", "connect/1", "connected/1", "refused/0", "connect/x", "")
              .get(random.nextInt(6));
      try {
        serializer.fromBinary(bytes, manifest);
      } catch (NotSerializableException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", " + manifest, e);
      }
    }
    assertTrue(refused > 10_000, "refused: " + refused + ", seed " + seed);
  }
}
