package virtionet;

import akka.actor.ActorPath;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import virtionet.driver.DriverSettings;
import virtionet.driver.DriverSettings.ClientPolicy;
import virtionet.driver.RecoverySettings;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveHashes;
import virtionet.net.ReceivedFrames;
import virtionet.stream.StreamSettings;

/**
 * The settings below {@code virtionet} in the configuration; {@code reference.conf} explains each.
 *
 * @param name of the driver's actor
 * @param service the Receptionist's key
 * @param dispatcher id of the dispatcher of the driver's actors
 * @param machine what says which machine to open
 * @see VirtioNet
 */
public record VirtioNetSettings(
    String name,
    String service,
    String dispatcher,
    DriverSettings driver,
    StreamSettings stream,
    Config machine) {
  private static final String ROOT = "virtionet";

  /** A dispatcher is Akka's to explain, and may have settings that are not listed here. */
  private static final List<String> DISPATCHERS = List.of("driver-dispatcher.", "event-loop.");

  public VirtioNetSettings {
    Objects.requireNonNull(dispatcher, "dispatcher");
    Objects.requireNonNull(driver, "driver");
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(machine, "machine");
    if (!ActorPath.isValidPathElement(name)) {
      throw new IllegalArgumentException(
          "name \"%s\": must be one that an actor can have".formatted(name));
    }
    if (service.isBlank()) {
      throw new IllegalArgumentException("service: must not be empty");
    }
  }

  /**
   * Reads the settings of an actor system.
   *
   * @throws IllegalArgumentException that names the setting that is unknown, missing or wrong
   */
  public static VirtioNetSettings from(Config system) {
    try {
      refuseUnknown(system.getConfig(ROOT));
      return read(system.getConfig(ROOT));
    } catch (ConfigException e) {
      throw new IllegalArgumentException("the configuration of virtionet: " + e.getMessage(), e);
    }
  }

  private static VirtioNetSettings read(Config config) {
    var net =
        new NetSettings(
            config.getInt("receive-queue-size"),
            config.getInt("transmit-queue-size"),
            Math.toIntExact(Math.min(Integer.MAX_VALUE, config.getBytes("buffer-size"))),
            config.getDuration("reset-timeout"),
            Set.copyOf(config.getStringList("disabled-features")),
            Set.copyOf(config.getStringList("required-features")),
            receivedFrames(config.getString("received-frames")),
            config.getInt("queue-pairs"),
            new ReceiveHashes(
                steersByHash(config.getString("receive-steering")),
                config.getBoolean("report-hashes")),
            config.getBoolean("paranoid"));
    var driver =
        new DriverSettings(
            Set.copyOf(config.getStringList("compatible")),
            net,
            clients(config.getString("clients")),
            config.getDuration("client-grace"),
            config.getInt("receive-budget"),
            config.getString("queue-dispatcher"),
            config.getDuration("busy-poll"),
            config.getDuration("control-timeout"),
            config.getDuration("transmit-timeout"),
            config.getDuration("health-interval"),
            config.getDuration("quiet-after"),
            recovery(config.getConfig("recovery")),
            config.getBoolean("leak-detection"));
    var stream =
        new StreamSettings(
            config.getInt("receive-hand-off"),
            config.getInt("transmit-hand-off"),
            config.getInt("batch-size"),
            config.getDuration("connect-timeout"));
    return new VirtioNetSettings(
        config.getString("name"),
        config.getString("service"),
        config.getString("dispatcher"),
        driver,
        stream,
        config.getConfig("machine"));
  }

  private static RecoverySettings recovery(Config config) {
    return new RecoverySettings(
        config.getDuration("min-backoff"),
        config.getDuration("max-backoff"),
        config.getDouble("random-factor"),
        config.getInt("max-restarts"),
        config.getDuration("reset-backoff-after"));
  }

  private static ClientPolicy clients(String word) {
    return switch (word) {
      case "exclusive" -> ClientPolicy.EXCLUSIVE;
      case "broadcast" -> ClientPolicy.BROADCAST;
      default ->
          throw new IllegalArgumentException(
              "%s.clients = \"%s\": must be \"exclusive\" or \"broadcast\"".formatted(ROOT, word));
    };
  }

  private static ReceivedFrames receivedFrames(String word) {
    return switch (word) {
      case "complete" -> ReceivedFrames.COMPLETE;
      case "as-given" -> ReceivedFrames.AS_GIVEN;
      default ->
          throw new IllegalArgumentException(
              "%s.received-frames = \"%s\": must be \"complete\" or \"as-given\""
                  .formatted(ROOT, word));
    };
  }

  private static boolean steersByHash(String word) {
    return switch (word) {
      case "automatic" -> false;
      case "hash" -> true;
      default ->
          throw new IllegalArgumentException(
              "%s.receive-steering = \"%s\": must be \"automatic\" or \"hash\""
                  .formatted(ROOT, word));
    };
  }

  private static void refuseUnknown(Config config) {
    // Not the default reference: it has the system properties in it, misspelt ones as well.
    Config reference =
        ConfigFactory.parseResources(VirtioNetSettings.class.getClassLoader(), "reference.conf");
    Set<String> known = keys(reference.getConfig(ROOT));
    for (String key : keys(config)) {
      if (!known.contains(key) && DISPATCHERS.stream().noneMatch(key::startsWith)) {
        throw new IllegalArgumentException(
            "there is no setting %s.%s; there is %s".formatted(ROOT, key, nearest(key, known)));
      }
    }
  }

  private static Set<String> keys(Config config) {
    Set<String> keys = new TreeSet<>();
    for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
      keys.add(entry.getKey());
    }
    return keys;
  }

  /** The known key that shares the longest beginning with this one. */
  private static String nearest(String key, Set<String> known) {
    String best = "";
    int longest = -1;
    for (String candidate : known) {
      int common = 0;
      while (common < Math.min(key.length(), candidate.length())
          && key.charAt(common) == candidate.charAt(common)) {
        common++;
      }
      if (common > longest) {
        longest = common;
        best = candidate;
      }
    }
    return ROOT + "." + best;
  }
}
