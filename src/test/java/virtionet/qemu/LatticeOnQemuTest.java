package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.lattice.Combination;
import virtionet.lattice.FarEnd;
import virtionet.lattice.NearEnd;
import virtionet.lattice.Traffic;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;
import virtionet.net.NetFeature;
import virtionet.testing.Programs;
import virtionet.testing.Requirement;
import virtionet.testing.RequiresQemu;
import virtionet.testing.Wire;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.Feature;

/**
 * Each combination of features that QEMU's device has: 7.2 has no IN_ORDER, later ones do. The
 * traffic is that of {@link virtionet.lattice.LatticeOnModelTest}.
 */
@RequiresQemu
class LatticeOnQemuTest {
  private static final String DEVICE = "virtio-net-device";

  /** QEMU's name for each feature that is switched there. */
  private static final Map<Feature, String> PROPERTIES =
      Map.of(
          CommonFeature.RING_PACKED, "packed",
          CommonFeature.EVENT_IDX, "event_idx",
          CommonFeature.INDIRECT_DESC, "indirect_desc",
          CommonFeature.IN_ORDER, "in_order",
          CommonFeature.ANY_LAYOUT, "any_layout",
          NetFeature.MRG_RXBUF, "mrg_rxbuf");

  @TempDir static Path folder;

  static Stream<Combination> combinations() throws Exception {
    String binary = QemuArchitecture.RISCV64.binary();
    boolean inOrder =
        Programs.run(folder, binary, "-device", DEVICE + ",help").contains("  in_order=");
    return Combination.possible()
        .filter(combination -> inOrder || !combination.has(CommonFeature.IN_ORDER));
  }

  private static String device(Combination combination, boolean withInOrder) {
    return Stream.concat(
            Stream.of(DEVICE, "netdev=net0", "host_mtu=" + Traffic.MTU),
            PROPERTIES.entrySet().stream()
                .filter(entry -> withInOrder || entry.getKey() != CommonFeature.IN_ORDER)
                .map(
                    entry ->
                        entry.getValue() + "=" + (combination.has(entry.getKey()) ? "on" : "off")))
        .collect(Collectors.joining(","));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("combinations")
  @Requirement({"RSVD-DRV-06", "FEAT-DRV-08", "PACKED-DRV-01", "PACKED-IMP-01", "PACKED-IMP-11"})
  void allTrafficPassesWholeAndInOrderAndEachBufferComesBack(Combination combination)
      throws Exception {
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(
                QemuOptions.of(QemuArchitecture.RISCV64)
                    .withLegacy(combination.legacy())
                    .withNetdevs(wire.netdev("net0"))
                    // Only a QEMU that knows the property has it on: it is off by itself.
                    .withDevices(device(combination, combination.has(CommonFeature.IN_ORDER))),
                Traffic.SETTINGS.toArray(String[]::new));
        var near = NearEnd.connect(driver.system(), driver.net().flow())) {
      Traffic.pass(near, new WireEnd(wire, driver.qemu()), combination);
      assertTrue(driver.complaints().isEmpty(), driver.complaints());
    }
  }

  /** The far end of QEMU's wire; QEMU as a whole is what can be paused. */
  private record WireEnd(Wire wire, QemuMachine qemu) implements FarEnd {
    @Override
    public void send(byte[] frame) throws Exception {
      wire.send(frame);
    }

    @Override
    public byte[] receive() throws Exception {
      return wire.receive();
    }

    @Override
    public void pause() {
      qemu.execute("stop", Map.of());
    }

    @Override
    public void resume() {
      qemu.execute("cont", Map.of());
    }
  }
}
