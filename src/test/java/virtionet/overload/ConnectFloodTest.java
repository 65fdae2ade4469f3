package virtionet.overload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.Done;
import akka.actor.ExtendedActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.stream.KillSwitches;
import akka.stream.UniqueKillSwitch;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.TestFrames;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** Clients come and go, in whatever way and at whatever moment: nothing of them stays. */
class ConnectFloodTest {
  private static final int CLIENTS = 10_000;
  private static final int ONE_BY_ONE = 500;
  private static final int AT_ONCE = 50;
  private static final long MOST_HEAP_GROWTH = 8 << 20;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final TestFrames frames = new TestFrames();

  /** A client that is to leave: by its switch, by failing, or at once. */
  private record Visitor(UniqueKillSwitch leave, CompletionStage<Done> left) {}

  private Visitor visit(DriverOnModel driver) {
    int toSend = random.nextInt(4);
    Source<Frame, ?> sent = Source.range(1, 3).take(toSend).map(number -> frames.make(60));
    boolean fails = random.nextInt(4) == 0;
    Source<Frame, ?> whole =
        fails
            ? sent.concatLazy(Source.failed(new IllegalStateException("the test's")))
            : sent.concatLazy(Source.maybe());
    var stream =
        whole
            .via(driver.net().flow())
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(Sink.foreach(Frame::release), Keep.both())
            .run(driver.system());
    return new Visitor(
        stream.first(), stream.second().exceptionally(failure -> Done.getInstance()));
  }

  private void leave(Visitor visitor) {
    if (random.nextBoolean()) {
      visitor.leave().shutdown();
    } else {
      visitor.leave().abort(new IllegalStateException("the test's"));
    }
  }

  private void wave(DriverOnModel driver, int clients) {
    List<Visitor> visitors = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      visitors.add(visit(driver));
      if (random.nextBoolean()) {
        leave(visitors.get(random.nextInt(visitors.size())));
      }
      driver.device().receive(bytes(client, 60));
    }
    visitors.forEach(this::leave);
    visitors.forEach(visitor -> await(visitor.left()));
  }

  /** One line for each actor of the system. */
  private static long actors(DriverOnModel driver) {
    var system = (ExtendedActorSystem) Adapter.toClassic(driver.system());
    return system.printTree().lines().count();
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void nothingStaysOfTenThousandClients() {
    try (var driver =
        DriverOnModel.with(
            "virtionet.clients = broadcast",
            ModelSettings.modern().offering(ModelSettings.CONTROL))) {
      Device.Description first = await(driver.net().devices()).getFirst();
      DeviceHandle device = assertInstanceOf(Device.Up.class, first).device();
      var controlPlane = new ControlPlane(driver.net(), Optional.of(device.control()));
      for (int client = 0; client < ONE_BY_ONE; client++) {
        wave(driver, 1);
      }
      wave(driver, AT_ONCE);
      until("all frames are released", () -> frames.held() == 0);
      long actors = actors(driver);
      long heap = usedHeap();
      long memory = driver.memory().available();

      int[] left = {CLIENTS - ONE_BY_ONE - AT_ONCE};
      controlPlane.assertAnswersWhile(
          "clients that come and go",
          () -> {
            if (left[0] > 0) {
              wave(driver, AT_ONCE);
              left[0] -= AT_ONCE;
            }
          });
      while (left[0] > 0) {
        wave(driver, AT_ONCE);
        left[0] -= AT_ONCE;
      }

      until("all frames are released; seed " + seed, () -> frames.held() == 0);
      until("no actor more than before; seed " + seed, () -> actors(driver) <= actors);
      until("no more heap is used than before", () -> usedHeap() < heap + MOST_HEAP_GROWTH);
      assertEquals(memory, driver.memory().available());
      assertTrue(device.counters().getOrDefault(Counter.DELIVERED_FRAMES, 0L) > 0);
      assertTrue(device.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L) > 0);
      assertEquals(0, device.counters().getOrDefault(Counter.FAULTS, 0L));
      driver.stopWithoutATrace();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }
}
