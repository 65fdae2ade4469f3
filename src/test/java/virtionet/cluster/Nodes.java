package virtionet.cluster;

import akka.actor.Address;
import akka.actor.AddressFromURIString;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Down;
import akka.cluster.typed.Join;
import com.typesafe.config.ConfigFactory;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What nodes of a cluster on the loopback have in common, in one JVM or in several. */
final class Nodes {
  /**
   * Whoever is oldest, which is the device's node, stays when another one is lost. It is seen in
   * some seconds, where a network would want more patience.
   */
  static final String SETTINGS =
      """
      akka {
        test.single-expect-default = 30 s
        loglevel = WARNING
        loggers = ["akka.event.slf4j.Slf4jLogger"]
        log-dead-letters = off
        actor.provider = cluster
        remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
        coordinated-shutdown.exit-jvm = off
        cluster {
          jmx.multi-mbeans-in-same-jvm = on
          downing-provider-class = "akka.cluster.sbr.SplitBrainResolverProvider"
          split-brain-resolver {
            active-strategy = keep-oldest
            keep-oldest.down-if-alone = off
            stable-after = 1 s
          }
          failure-detector { heartbeat-interval = 200 ms, acceptable-heartbeat-pause = 8 s }
        }
      }
      """;

  private Nodes() {}

  /** A node without a device. Nodes of a cluster have one name. */
  static ActorSystem<Void> start(String name) {
    return ActorSystem.create(
        Behaviors.empty(),
        name,
        ConfigFactory.parseString(SETTINGS).withFallback(ConfigFactory.load()));
  }

  /** Makes a cluster of this node alone; its address is for others to join. */
  static String found(ActorSystem<?> system) {
    Address address = Cluster.get(system).selfMember().address();
    Cluster.get(system).manager().tell(Join.create(address));
    return address.toString();
  }

  static void join(ActorSystem<?> system, String seed) {
    Cluster.get(system).manager().tell(Join.create(AddressFromURIString.parse(seed)));
  }

  /** Has one node declare another dead. */
  static void down(ActorSystem<?> by, ActorSystem<?> which) {
    Cluster.get(by).manager().tell(Down.apply(which.address()));
  }

  /** Nodes that are not gone, as this one sees it. */
  static long members(ActorSystem<?> system) {
    return states(system).count();
  }

  /** Nodes that are up, as this one sees it. */
  static long up(ActorSystem<?> system) {
    return states(system).filter(MemberStatus.up()::equals).count();
  }

  private static Stream<MemberStatus> states(ActorSystem<?> system) {
    return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
        .map(Member::status);
  }
}
