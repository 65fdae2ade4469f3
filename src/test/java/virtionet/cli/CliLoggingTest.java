package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class CliLoggingTest {
  private final LoggerContext context = new LoggerContext();

  @Test
  void onlyWarningsShowByDefault() throws JoranException {
    load();
    assertEquals(Level.WARN, context.getLogger("virtionet.net").getEffectiveLevel());
    assertEquals(Level.WARN, context.getLogger("akka.actor").getEffectiveLevel());
  }

  @Test
  void theDriversLevelCanBeSetWithoutThatOfOthers() throws JoranException {
    context.putProperty("virtionet-cli.log.level", "DEBUG");
    load();
    assertEquals(Level.DEBUG, context.getLogger("virtionet.net").getEffectiveLevel());
    assertEquals(Level.WARN, context.getLogger("akka.actor").getEffectiveLevel());
  }

  @Test
  void logsGoToStandardErrorSoThatOutputStaysClean() throws JoranException {
    load();
    ConsoleAppender<?> appender =
        (ConsoleAppender<?>) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("stderr");
    assertNotNull(appender);
    assertEquals("System.err", appender.getTarget());
  }

  @Test
  void embeddersFindNoConfigurationThatLogbackLoadsByItself() {
    assertNull(CliLogging.class.getResource("/logback.xml"));
  }

  private void load() throws JoranException {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(CliLogging.class.getResource("/" + CliLogging.CONFIGURATION));
  }
}
