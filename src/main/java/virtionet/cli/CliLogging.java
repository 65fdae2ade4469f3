package virtionet.cli;

/**
 * Gives the command line its own logging: to standard error, warnings only unless verbose. The
 * configuration has a name that Logback does not look for by itself, so that the jar never imposes
 * it on whoever embeds the driver.
 */
final class CliLogging {
  static final String CONFIGURATION = "virtionet-cli-logback.xml";
  private static final String CONFIGURATION_PROPERTY = "logback.configurationFile";
  private static final String LEVEL_PROPERTY = "virtionet-cli.log.level";

  private CliLogging() {}

  /** To be called before the first logger is made. Properties set by the user are left alone. */
  static void configure(boolean verbose) {
    setIfAbsent(CONFIGURATION_PROPERTY, CONFIGURATION);
    if (verbose) {
      setIfAbsent(LEVEL_PROPERTY, "DEBUG");
    }
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
