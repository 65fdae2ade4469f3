package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import virtionet.tcpip.Datagram;
import virtionet.tcpip.Ipv4Address;
import virtionet.testing.DriverOnModel;

/** What the demo says of a socket that fails while datagrams are sent. */
class DatagramTrialEndTest {
  @Test
  void theReasonIsToldAlsoWhenItCameWhileNobodyLooked() {
    Datagram datagram = Datagram.of(Ipv4Address.parse("10.0.2.2"), 7, new byte[4]);
    ActorTestKit kit = ActorTestKit.create();
    try {
      var ends =
          Source.<Datagram>queue(4, OverflowStrategy.backpressure())
              .<Datagram>map(
                  each -> {
                    throw new IllegalStateException("the device is lost");
                  })
              .toMat(Sink.<Datagram>queue(4), Keep.both())
              .run(kit.system());
      var next = ends.second().pull();
      ends.first().offer(datagram);
      DriverOnModel.failureOf(next);
      DriverOnModel.await(ends.first().watchCompletion());
      var failure =
          assertThrows(
              ExecutionException.class,
              () -> DatagramTrial.send(ends.first(), ends.second(), next, datagram));
      Throwable reason = assertInstanceOf(IllegalStateException.class, failure.getCause());
      assertEquals("the device is lost", reason.getMessage());
    } finally {
      kit.shutdownTestKit();
    }
  }
}
