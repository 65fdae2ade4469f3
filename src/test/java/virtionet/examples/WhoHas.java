package virtionet.examples;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Source;
import java.util.HexFormat;
import virtionet.VirtioNet;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/** The README's example: asks QEMU's network who has an address, and prints who answers. */
public final class WhoHas {
  private WhoHas() {}

  public static void main(String[] arguments) {
    // README: from here
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "example");
    String header = "ffffffffffff 525400123456 0806"; // to all, from QEMU's default MAC: ARP
    String whoHas = "0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202";
    byte[] question = HexFormat.of().parseHex((header + whoHas).replace(" ", ""));
    Source.single(Frame.copyOf(question))
        .via(VirtioNet.get(system).flow()) // frames in are transmitted, received ones come out
        .take(1)
        .runForeach(
            frame -> {
              System.out.println("10.0.2.2 is at " + MacAddress.of(frame.toByteArray(), 6));
              frame.release(); // the buffer goes back to the device
            },
            system)
        .whenComplete((done, failure) -> system.terminate()) // resets the device, ends QEMU
        .toCompletableFuture()
        .join();
    // README: to here
  }
}
