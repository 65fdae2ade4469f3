package virtionet.fuzz;

import static virtionet.testing.DriverOnModel.bytes;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.Device;
import virtionet.machine.DeviceMemory;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Frame;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Patience;

/**
 * The whole driver, recovery and all, on a device that does anything meanwhile: it ends up, or
 * failed and said so, and no buffer is missing.
 */
@Timeout(180)
class FuzzedDriverTest {
  private static final long NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final String SETTINGS =
      """
      virtionet.recovery { max-restarts = 1000000, min-backoff = 1 ms, max-backoff = 5 ms }
      virtionet { transmit-timeout = 200 ms, control-timeout = 100 ms, health-interval = 20 ms }
      virtionet.reset-timeout = 100 ms
      """;

  static Stream<ModelSettings> cards() {
    return Stream.of(
        ModelSettings.legacy(),
        ModelSettings.modern(),
        ModelSettings.modern().offering(ModelSettings.ALL_RING_FEATURES | ModelSettings.MRG_RXBUF));
  }

  /** A model whose registers and rings are the fuzzer's. */
  private static final class FuzzedMachine extends DelegatingMachine {
    private final GuardedMemory memory;
    private final FuzzedDevice device;

    FuzzedMachine(ModelMachine model, ModelSettings card, SplittableRandom random) {
      super(model);
      memory = new GuardedMemory(model.memory());
      Registers truth = model.access(model.slots(Set.of("virtio,mmio")).getFirst());
      device = new FuzzedDevice(model.device(0), card, truth, memory, random, new ActLog());
    }

    @Override
    public Registers access(Slot slot) {
      return device.registers();
    }

    @Override
    public DeviceMemory memory() {
      return memory;
    }
  }

  @ParameterizedTest
  @MethodSource("cards")
  void itEndsUpOrFailedAndNoBufferIsMissing(ModelSettings card) {
    long seed = RandomGenerator.getDefault().nextLong();
    System.out.println("fuzzed driver: seed " + seed);
    ModelMachine model = ModelMachine.of(card);
    var machine = new FuzzedMachine(model, card, new SplittableRandom(seed));
    var mixer = new SplittableRandom(seed + 1);
    try (var driver = DriverOnModel.on(model, () -> machine, SETTINGS)) {
      DriverOnModel.Client client = driver.connected();
      long start = System.nanoTime();
      for (int act = 0; System.nanoTime() - start < NANOS; act++) {
        machine.device.act(mixer.nextInt(100) < 20);
        if (act % 50 == 0 && client.connected().counters().size() > 0) {
          client.in().sendNext(Frame.wrap(bytes(act, 60)));
        }
        Thread.onSpinWait();
      }
      machine.device.beHonest();
      machine.memory.check();
      Patience.until(
          "it is up or failed",
          () -> !(Patience.answer(driver.net().devices()).getFirst() instanceof Device.Recovering));
    }
  }
}
