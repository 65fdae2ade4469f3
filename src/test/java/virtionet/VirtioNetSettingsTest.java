package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.DriverSettings.ClientPolicy;
import virtionet.net.NetSettings;

/** The settings: what they are by default, and how wrong ones are refused. */
class VirtioNetSettingsTest {
  private static final Config REFERENCE = ConfigFactory.load("no-such-application");

  /** Reads all there is to read at start, the machine's part included. */
  private static VirtioNetSettings read(Config config) {
    VirtioNetSettings settings = VirtioNetSettings.from(config);
    ConfiguredMachine.opener(settings);
    return settings;
  }

  private static String refusal(String hocon) {
    Config config = ConfigFactory.parseString(hocon).withFallback(REFERENCE);
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> read(config)).getMessage());
  }

  @Test
  void theDefaultsAreWhatTheReferenceSays() {
    VirtioNetSettings settings = read(REFERENCE);
    assertEquals("virtio_net", settings.name());
    assertEquals("device/ethernet", settings.service());
    assertEquals(Set.of("virtio,mmio"), settings.driver().compatible());
    assertEquals(NetSettings.defaults(), settings.driver().net());
    assertEquals(ClientPolicy.EXCLUSIVE, settings.driver().clientPolicy());
    assertEquals(Duration.ofMillis(250), settings.driver().clientGrace());
    assertEquals(512, settings.stream().receiveHandOff());
    assertEquals(256, settings.stream().transmitHandOff());
    assertEquals(Duration.ofSeconds(60), settings.stream().connectTimeout());
  }

  @Test
  void eachSettingOfTheReferenceIsExplainedThere() {
    Config own = ConfigFactory.parseResources("reference.conf").getConfig("virtionet");
    List<String> bare = new ArrayList<>();
    own.entrySet()
        .forEach(
            entry -> {
              // What is Akka's is explained by Akka; one comment may stand above two settings.
              if (!entry.getKey().startsWith("driver-dispatcher.")
                  && !entry.getKey().startsWith("event-loop.")
                  && entry.getValue().origin().comments().isEmpty()) {
                bare.add(entry.getKey());
              }
            });
    bare.removeAll(List.of("transmit-queue-size", "machine.qemu.device"));
    assertEquals(List.of(), bare);
  }

  @ParameterizedTest
  @CsvSource({
    "virtionet.client-grase = 1 s, client-grase, client-grace",
    "virtionet.receive-queue-sise = 8, receive-queue-sise, receive-queue-size",
    "virtionet.machine.qemu.archi = riscv64, machine.qemu.archi, machine.qemu.arch",
    "virtionet.machine.quemu.arch = riscv64, machine.quemu.arch, machine.qemu.",
    "virtionet.driver-dispatchers.throughput = 5, driver-dispatchers.throughput, driver-dispatcher",
    "virtionet.buffer = 4096, virtionet.buffer;, buffer-size"
  })
  void anUnknownSettingIsRefusedAndTheNearestNamed(String line, String wrong, String nearest) {
    String refusal = refusal(line);
    assertTrue(refusal.contains("there is no setting virtionet."), refusal);
    assertTrue(refusal.contains(wrong), refusal);
    assertTrue(
        refusal.substring(refusal.indexOf("there is virtionet.")).contains(nearest), refusal);
  }

  @ParameterizedTest
  @CsvSource({
    "receive-queue-size, 3",
    "receive-queue-size, 65536",
    "transmit-queue-size, 0",
    "transmit-queue-size, many",
    "buffer-size, 10",
    "buffer-size, 1 MiB",
    "buffer-size, 100 GiB",
    "reset-timeout, 0 s",
    "clients, x",
    "received-frames, x",
    "receive-steering, x",
    "report-hashes, perhaps",
    "paranoid, perhaps",
    "client-grace, -1 s",
    "client-grace, soon",
    "connect-timeout, 0 s",
    "receive-hand-off, 0",
    "transmit-hand-off, 1000000000",
    "receive-budget, 0",
    "receive-budget, -1",
    "batch-size, 0",
    "busy-poll, 11 ms",
    "busy-poll, -1 us",
    "compatible, []",
    "disabled-features, [EVENT_IDEX]",
    "required-features, [CTRL_MAGIC]",
    "control-timeout, 0 s",
    "transmit-timeout, 0 s",
    "health-interval, 0 s",
    "quiet-after, 0 s",
    "recovery.min-backoff, 0 s",
    "recovery.max-backoff, 1 ms",
    "recovery.random-factor, 2",
    "recovery.max-restarts, -1",
    "recovery.reset-backoff-after, -1 s",
    "name, ''",
    "name, a/b",
    "service, ''",
    "machine.type, y",
    "machine.qemu.arch, sparc",
    "machine.qemu.memory, 1 MiB",
    "machine.qemu.memory, much",
    "machine.qemu.legacy, perhaps"
  })
  void aWrongValueIsRefusedWithTheSettingsName(String setting, String value) {
    String quoted = value.startsWith("[") ? value : "\"" + value + "\"";
    String refusal = refusal("virtionet.%s = %s".formatted(setting, quoted));
    String name = setting.substring(setting.lastIndexOf('.') + 1);
    assertTrue(refusal.contains(name), refusal);
    assertTrue(!setting.startsWith("machine.") || refusal.contains("virtionet.machine"), refusal);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[MTU] | [MTU] | MTU is among the disabled-features",
        "[CTRL_VQ] | [CTRL_VLAN] | it needs CTRL_VQ, and CTRL_VQ is among the disabled-features",
        "[HOST_TSO4, HOST_TSO6] | [HOST_ECN] | it needs HOST_TSO4 or HOST_TSO6, and HOST_TSO",
        "[GUEST_CSUM] | [GUEST_ECN] | needs GUEST_CSUM"
      })
  void aRequiredFeatureThatCannotBeHadIsRefusedWithTheReason(
      String disabled, String required, String reason) {
    String refusal =
        refusal(
            "virtionet { disabled-features = %s, required-features = %s }"
                .formatted(disabled, required));
    assertTrue(refusal.contains("required-features"), refusal);
    assertTrue(refusal.contains(reason), refusal);
  }

  @Test
  void aRequiredFeatureWithOneOfItsAlternativesLeftIsAccepted() {
    Config config =
        ConfigFactory.parseString(
                "virtionet { disabled-features = [HOST_TSO4], required-features = [HOST_ECN] }")
            .withFallback(REFERENCE);
    assertEquals(Set.of("HOST_ECN"), read(config).driver().net().requiredFeatures());
  }

  @Test
  void aMissingSettingIsNamed() {
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class,
                    () -> VirtioNetSettings.from(REFERENCE.withoutPath("virtionet.buffer-size")))
                .getMessage());
    assertTrue(message.contains("buffer-size"), message);
  }

  @Test
  void aMisspeltSystemPropertyIsRefusedAsWell() {
    System.setProperty("virtionet.clientz", "broadcast");
    try {
      ConfigFactory.invalidateCaches();
      Config config = ConfigFactory.load("no-such-application");
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> VirtioNetSettings.from(config))
                  .getMessage());
      assertTrue(message.contains("virtionet.clientz"), message);
    } finally {
      System.clearProperty("virtionet.clientz");
      ConfigFactory.invalidateCaches();
    }
  }

  @Test
  void theCommandLinesOwnSystemPropertiesAreNoSettings() {
    Config config =
        ConfigFactory.parseString("virtionet-cli { log.level = TRACE, launcher = \"./virtionet\" }")
            .withFallback(REFERENCE);
    assertEquals(VirtioNetSettings.from(REFERENCE).driver(), read(config).driver());
  }

  @Test
  void theDispatcherMayHaveSettingsThatOnlyAkkaKnows() {
    Config config =
        ConfigFactory.parseString("virtionet.driver-dispatcher.shutdown-timeout = 2 s")
            .withFallback(REFERENCE);
    assertEquals("virtionet.driver-dispatcher", read(config).dispatcher());
  }

  @ParameterizedTest
  @ValueSource(strings = {"riscv64", "aarch64", "legacy"})
  void theReadyConfigurationsForQemuAreAccepted(String name) {
    Config qemu = read(ready("qemu-" + name)).machine().getConfig("qemu");
    assertEquals(name.equals("aarch64") ? "aarch64" : "riscv64", qemu.getString("arch"));
    assertEquals(name.equals("legacy"), qemu.getBoolean("legacy"));
  }

  @Test
  void theReadyConfigurationForLinuxIsAccepted() {
    Config machine = read(ready("linux")).machine();
    assertEquals("linux", machine.getString("type"));
    assertEquals(List.of("eth0"), machine.getStringList("linux.attach"));
  }

  private static Config ready(String name) {
    return ConfigFactory.load(
        ConfigFactory.parseFile(new File("conf/" + name + ".conf"))
            .withFallback(ConfigFactory.empty()));
  }
}
