package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtionet.driver.trace.Deliveries;
import virtionet.driver.trace.Delivery;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.Recorder;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.TransmitBatch;
import virtionet.driver.trace.Work;
import virtionet.net.FrameBatch;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;
import virtionet.testing.Allocated;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** What the data path's trace costs while nobody records it: no object. */
class TraceOffTest {
  private final ModelMachine machine = ModelMachine.of(ModelSettings.modern());
  private final FrameBatch batch = FrameBatch.ofCapacity(8);
  private NetDevice device;
  private ReceiveTrace received;
  private TransmitTrace sent;
  private final Deliveries deliveries = new Deliveries("client");

  @BeforeEach
  void bringUp() {
    var registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    var settings = new NetSettings(8, 8, 2048, Duration.ofSeconds(1), Set.of());
    var mac = MacAddress.parse("02:00:00:00:00:11");
    device = NetDevice.bringUp(registers, found, machine.memory(), settings, mac);
    received = new ReceiveTrace("device", device.counters(), Tracing.NONE);
    sent = new TransmitTrace("device", device.counters(), device.transmitQueues(), Tracing.NONE);
  }

  @AfterEach
  void end() {
    device.end();
  }

  void receive() {
    ReceiveQueue queue = device.receiveQueues().getFirst();
    received.raised();
    received.heard();
    received.look(ReceiveBatch.INTERRUPT);
    received.begin(0, queue);
    received.drained(batch, List.of(), queue);
    received.dropped(1);
    received.handedOff(List.of());
    received.end(queue);
  }

  void transmit() {
    TransmitQueue queue = device.transmitQueues().getFirst();
    sent.reaped(0, 0);
    sent.begin();
    sent.queued(0);
    sent.published(0, queue, true, List.of());
  }

  void deliver() {
    deliveries.begin(0);
    deliveries.end(1);
  }

  private void assertNothingIsMade() {
    assertFalse(
        Recorder.takesReceived() || Recorder.takesTransmitted() || Recorder.takesDeliveries());
    Allocated.assertSettlesAtNothing(this::receive);
    Allocated.assertSettlesAtNothing(this::transmit);
    Allocated.assertSettlesAtNothing(this::deliver);
  }

  @Test
  void aBatchMakesNoObjectBeforeDuringAndAfterARecordingOfOtherThings() {
    assertNothingIsMade();
    // The recorder has the classes of events rewritten when it starts.
    try (var recording = new Recording()) {
      recording.start();
      assertNothingIsMade();
    }
    assertNothingIsMade();
  }

  /** Who has one batch in so many told pays for that one only. */
  @Test
  void betweenTwoBatchesThatAreTracedNoObjectIsMade() {
    var seldom = new Seldom();
    received = new ReceiveTrace("device", device.counters(), seldom);
    sent = new TransmitTrace("device", device.counters(), device.transmitQueues(), seldom);
    assertNothingIsMade();
  }

  private static final class Seldom implements Tracing {
    @Override
    public Work here() {
      return Work.NONE;
    }

    @Override
    public int oneBatchIn() {
      return Integer.MAX_VALUE;
    }

    @Override
    public void received(ReceiveBatch batch, long nanos) {
      throw new AssertionError("not yet");
    }

    @Override
    public void sent(TransmitBatch batch, long nanos) {
      throw new AssertionError("not yet");
    }
  }

  /** Else the tests above would see nothing either way. */
  @Test
  void whatIsRecordedMakesObjects() {
    try (var recording = new Recording()) {
      recording.enable(ReceiveBatch.class);
      recording.enable(TransmitBatch.class);
      recording.enable(Delivery.class);
      recording.start();
      assertTrue(
          Recorder.takesReceived() && Recorder.takesTransmitted() && Recorder.takesDeliveries());
      assertTrue(Allocated.bytesEach(this::receive) > 1);
      assertTrue(Allocated.bytesEach(this::transmit) > 1);
      assertTrue(Allocated.bytesEach(this::deliver) > 1);
    }
  }
}
