package virtionet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that Maven wrote into the jar. */
final class Version implements IVersionProvider {
  private static final String WRITTEN_BY_MAVEN =
      "/META-INF/maven/io.github.virtionet/virtionet/pom.properties";

  @Override
  public String[] getVersion() throws IOException {
    return new String[] {
      "virtionet " + number(),
      "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name"),
      System.getProperty("os.name") + " " + System.getProperty("os.arch")
    };
  }

  private static String number() throws IOException {
    try (InputStream in = Version.class.getResourceAsStream(WRITTEN_BY_MAVEN)) {
      if (in == null) {
        return "(not from a jar)";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "(unknown)");
    }
  }
}
