package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The page of all settings says what they are, and what they take. */
class ConfigurationDocumentTest {
  private static final Path DOCUMENT = Path.of("docs/configuration.md");
  private static final Path FRESH = Path.of("target/configuration.md");
  private static final Config REFERENCE = ConfigFactory.load("no-such-application");

  @Test
  void theDocumentIsWhatFollowsFromTheReference() throws IOException {
    String text = new SettingsTable().document();
    if (!text.equals(Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "")) {
      Files.writeString(FRESH, text);
    }
    assertEquals(
        text, Files.readString(DOCUMENT), () -> "cp %s %s brings it up".formatted(FRESH, DOCUMENT));
  }

  @Test
  void ofEachSettingItIsSaidWhatItTakes() {
    var table = new SettingsTable();
    assertEquals(table.settings(), table.takes().keySet().stream().sorted().toList());
  }

  static Stream<Arguments> accepted() {
    return each(SettingsTable.Takes::accepted);
  }

  static Stream<Arguments> refused() {
    return each(SettingsTable.Takes::refused);
  }

  private static Stream<Arguments> each(Function<SettingsTable.Takes, List<String>> values) {
    return new SettingsTable()
        .takes().entrySet().stream()
            .flatMap(
                entry ->
                    values.apply(entry.getValue()).stream()
                        .map(value -> Arguments.of(entry.getKey(), value)));
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void aValueWithinTheBoundsIsTaken(String setting, String value) {
    read(setting, value);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void aValueBeyondThemIsRefusedByName(String setting, String value) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> read(setting, value)).getMessage());
    String name = setting.substring(setting.lastIndexOf('.') + 1);
    assertTrue(message.contains(name), message);
  }

  private static void read(String setting, String value) {
    String quoted = value.startsWith("[") || value.startsWith("\"") ? value : "\"" + value + "\"";
    String machine =
        Stream.of("linux", "vhost-user")
            .filter(type -> setting.startsWith("machine." + type))
            .findFirst()
            .orElse("qemu");
    String hocon =
        "virtionet { machine { type = %s, vhost-user.socket = /s }, %s = %s }"
            .formatted(machine, setting, quoted);
    ConfiguredMachine.opener(
        VirtioNetSettings.from(ConfigFactory.parseString(hocon).withFallback(REFERENCE)));
  }
}
