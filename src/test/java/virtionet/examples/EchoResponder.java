package virtionet.examples;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

// docs/examples.md: from here
/** Answers ARP and ping for one IPv4 address, in the very buffer that the question came in. */
public final class EchoResponder {
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final MemorySegment mac;
  private final int address;

  EchoResponder(MacAddress mac, int address) {
    this.mac = MemorySegment.ofArray(mac.toBytes());
    this.address = address;
  }

  /** Questions in, answers out; a frame that is no question ends here. */
  Flow<Frame, Frame, NotUsed> flow() {
    return Flow.<Frame>create()
        .filter(
            frame -> {
              boolean answered = answer(frame.segment());
              if (!answered) {
                frame.release(); // else passed on, to the driver, which releases it when it is sent
              }
              return answered;
            });
  }

  private boolean answer(MemorySegment frame) {
    if (frame.byteSize() < 42) { // ARP and ping are no shorter
      return false;
    }
    return switch (frame.get(U16, 12)) {
      case 0x0806 -> answerArp(frame);
      case 0x0800 -> answerPing(frame);
      default -> false;
    };
  }

  /** RFC 826, Ethernet and IPv4. */
  private boolean answerArp(MemorySegment frame) {
    boolean asksForUs =
        frame.get(U32, 14) == 0x0001_0800
            && frame.get(U32, 18) == 0x0604_0001
            && frame.get(U32, 38) == address;
    if (asksForUs) {
      frame.set(U16, 20, (short) 2); // a reply
      MemorySegment.copy(frame, 22, frame, 32, 10); // to who asked
      MemorySegment.copy(mac, 0, frame, 22, 6);
      frame.set(U32, 28, address);
      sendBack(frame);
    }
    return asksForUs;
  }

  /** RFC 792. In one piece, without IP options: what else a ping may be goes unanswered. */
  private boolean answerPing(MemorySegment frame) {
    boolean pingsUs =
        frame.get(U8, 14) == 0x45
            && (frame.get(U16, 20) & 0x3fff) == 0 // no fragment
            && frame.get(U8, 23) == 1 // ICMP
            && frame.get(U32, 30) == address
            && frame.get(U8, 34) == 8; // an echo request
    if (pingsUs) {
      frame.set(U32, 30, frame.get(U32, 26));
      frame.set(U32, 26, address);
      frame.set(U8, 34, (byte) 0); // an echo reply
      int checksum = (frame.get(U16, 36) & 0xffff) + 0x0800; // RFC 1624: what the 8 was in it
      frame.set(U16, 36, (short) (checksum + (checksum >>> 16)));
      sendBack(frame);
    }
    return pingsUs;
  }

  private void sendBack(MemorySegment frame) {
    MemorySegment.copy(frame, 6, frame, 0, 6);
    MemorySegment.copy(mac, 0, frame, 6, 6);
  }

  /** On each network device of the machine. */
  public static void main(String[] arguments) {
    int address = 0x0a63_0002; // 10.99.0.2
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "echo-responder");
    VirtioNet net = VirtioNet.get(system);
    net.devices()
        .thenAccept(
            devices -> {
              for (Device.Description device : devices) {
                if (device instanceof Device.Up up) {
                  MacAddress mac = up.device().info().mac();
                  net.flow(up.slot().name())
                      .join(new EchoResponder(mac, address).flow())
                      .run(system);
                  System.out.println(up.slot().name() + " answers as " + mac);
                }
              }
            })
        .exceptionally(
            failure -> {
              System.err.println(failure.getMessage());
              system.terminate();
              return null;
            });
  }
}
// docs/examples.md: to here
