package virtionet.cli.bench.contender;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import virtionet.machine.Slot;
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
import virtionet.net.FrameBatch;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;

/** Straight over the queues of a device, busy polling: no actors, no streams, no interrupts. */
final class RawLoop extends Loop {
  private static final int BURST = 64;
  private static final long MEMORY = 64L << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final VhostUserMachine machine;
  private final NetDevice device;
  private final Traffic traffic;
  private final ReceiveQueue receive;
  private final TransmitQueue transmit;

  private final FrameBatch batch = FrameBatch.ofCapacity(BURST);

  private RawLoop(VhostUserMachine machine, NetDevice device, Traffic traffic) {
    this.machine = machine;
    this.device = device;
    this.traffic = traffic;
    receive = device.receiveQueue();
    transmit = device.transmitQueue();
  }

  static RawLoop open(Path socket, NetSettings settings, Traffic traffic) {
    VhostUserMachine machine =
        VhostUserMachine.open(
            new VhostUserOptions(socket, false, MEMORY, HugePagesWish.TRY, TIMEOUT));
    try {
      Slot slot = machine.slots(Set.of()).getFirst();
      if (!(Probe.probe(machine.access(slot)) instanceof Finding.Device found)) {
        throw new IllegalStateException("no device at " + socket);
      }
      var net =
          NetDevice.bringUp(
              machine.access(slot),
              found,
              machine.memory(),
              settings,
              MacAddress.randomLocal(new SplittableRandom()));
      net.receiveQueue().disableInterrupts();
      net.transmitQueue().disableInterrupts();
      return new RawLoop(machine, net, traffic);
    } catch (RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  @Override
  void run() {
    switch (traffic.mode()) {
      case IO -> sendBack();
      case RX -> drop();
      case TX -> send();
    }
  }

  private void sendBack() {
    while (goesOn()) {
      reapInPassing();
      if (receive.receive(batch, BURST) > 0) {
        while (transmit.send(batch) == TransmitQueue.Outcome.FULL && goesOn()) {
          transmit.flush();
          transmit.reap();
        }
        batch.clear();
        transmit.flush();
        receive.refillInPassing();
      }
    }
  }

  /** As DPDK's driver does: a look at what was sent costs a cache line that the device writes. */
  private void reapInPassing() {
    if (transmit.room() < transmit.capacity() / 2) {
      transmit.reap();
    }
  }

  private void drop() {
    while (goesOn()) {
      if (receive.receive(batch, BURST) > 0) {
        batch.clear();
        receive.refillInPassing();
      }
    }
  }

  private void send() {
    while (goesOn()) {
      reapInPassing();
      int wanted = Math.min(transmit.room(), batch.room());
      if (transmit.allocate(batch, wanted, traffic.size()) > 0) {
        Traffic.fill(batch);
      }
      transmit.send(batch);
      transmit.flush();
    }
    batch.clear();
  }

  @Override
  void end() {
    try {
      device.end();
    } finally {
      machine.close();
    }
  }
}
