package virtionet;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.stream.Stream;

/** Holds the floors of the house: what each package may use, and that none uses one above it. */
@AnalyzeClasses(packages = "virtionet", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String DEVICETREE = "virtionet.devicetree";
  private static final String MACHINE = "virtionet.machine";
  private static final String LIBC = MACHINE + ".libc";
  private static final String VIRTIO = "virtionet.virtio";
  private static final String NET = "virtionet.net";
  private static final String DRIVER = "virtionet.driver";
  private static final String EVENTS = DRIVER + ".trace";
  private static final String STREAM = "virtionet.stream";
  private static final String FRONT_DOOR = "virtionet";
  private static final String CLUSTER = "virtionet.cluster";
  private static final String FLOWS = "virtionet.flows";
  private static final String PCAP = "virtionet.observe.pcap";
  private static final String TRACE = "virtionet.observe.trace";
  private static final String FLIGHT_RECORDER = "jdk.jfr..";
  private static final String METRICS = "virtionet.observe.metrics";
  private static final String PROMETHEUS = "virtionet.observe.prometheus";
  private static final String HTTP = "virtionet.observe.http";
  private static final String OTEL = "virtionet.observe.otel";
  private static final String TCPIP = "virtionet.tcpip";

  private static final String JACKSON = "com.fasterxml.jackson.jr..";

  /** What plain Java may use everywhere. */
  private static final String[] PLAIN = {
    "java..", "org.slf4j..", "org.jctools..", "org.jspecify.."
  };

  /** Akka without its streams, and what its signatures show of Scala and of the settings. */
  private static final String[] AKKA = {
    "akka",
    "akka.actor..",
    "akka.annotation..",
    "akka.dispatch..",
    "akka.event..",
    "akka.japi..",
    "akka.pattern..",
    "akka.util..",
    "com.typesafe.config..",
    "scala.."
  };

  private static final String[] AKKA_STREAMS = {"akka.stream.."};

  @ArchTest static final ArchRule theDeviceTreeUsesNothing = floor(DEVICETREE, PLAIN);

  @ArchTest
  static final ArchRule aMachineUsesTheDeviceTree = floor(MACHINE, PLAIN, with(DEVICETREE));

  @ArchTest
  static final ArchRule theQemuMachineUsesTheMachine =
      floor(MACHINE + ".qemu..", PLAIN, with(MACHINE, DEVICETREE, JACKSON));

  @ArchTest
  static final ArchRule theLinuxMachineUsesTheMachine =
      floor(MACHINE + ".linux..", PLAIN, with(MACHINE, LIBC, DEVICETREE));

  @ArchTest
  static final ArchRule theVhostUserMachineUsesTheMachine =
      floor(MACHINE + ".vhost..", PLAIN, with(MACHINE, LIBC));

  @ArchTest
  static final ArchRule onlyMachinesUseTheCLibrary =
      noClasses()
          .that(not(resideInAPackage(MACHINE + "..")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(LIBC)
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule virtioKnowsNoneOfTheMachines =
      floor(VIRTIO, PLAIN, with(MACHINE, DEVICETREE));

  @ArchTest
  static final ArchRule theNetDeviceUsesVirtio =
      floor(NET, PLAIN, with(VIRTIO, MACHINE, DEVICETREE));

  @ArchTest
  static final ArchRule theFourLowerFloorsKnowNoAkka =
      noClasses()
          .that()
          .resideInAnyPackage(DEVICETREE + "..", MACHINE + "..", VIRTIO + "..", NET + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka..", "com.typesafe..", "scala..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule theActorsUseTheNetDeviceAndAkkaWithoutStreams =
      floor(DRIVER, PLAIN, AKKA, with(EVENTS, NET, VIRTIO, MACHINE, DEVICETREE));

  @ArchTest
  static final ArchRule whatTheRecorderIsToldKnowsNothingOfTheDriver =
      floor(EVENTS, PLAIN, AKKA, with(FLIGHT_RECORDER));

  @ArchTest
  static final ArchRule theStagesUseTheActors =
      floor(
          STREAM,
          PLAIN,
          AKKA,
          AKKA_STREAMS,
          with(DRIVER, EVENTS, NET, VIRTIO, MACHINE, DEVICETREE));

  @ArchTest
  static final ArchRule theFrontDoorUsesAllBelow =
      floor(
          FRONT_DOOR,
          PLAIN,
          AKKA,
          AKKA_STREAMS,
          with(STREAM, DRIVER, EVENTS, NET, VIRTIO, MACHINE, MACHINE + ".*", DEVICETREE));

  @ArchTest
  static final ArchRule otherNodesAreReachedThroughTheFrontDoor =
      floor(
          CLUSTER,
          PLAIN,
          AKKA,
          AKKA_STREAMS,
          with("akka.serialization..", FRONT_DOOR, STREAM, NET));

  @ArchTest
  static final ArchRule nothingNeedsAClusterOnTheClassPath =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka.cluster..", "akka.remote..", "akka.coordination..");

  @ArchTest
  static final ArchRule whoHasNoClusterUsesNothingOfIt =
      noClasses()
          .that(not(resideInAnyPackage(CLUSTER, "virtionet.cli..")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(CLUSTER);

  @ArchTest
  static final ArchRule flowsInTheMiddleKnowFramesAndStreamsButNoDriver =
      floor(FLOWS, PLAIN, AKKA, AKKA_STREAMS, with(NET));

  @ArchTest
  static final ArchRule capturesUseWhatTheFrontDoorShows =
      floor(PCAP, PLAIN, AKKA, AKKA_STREAMS, with(FRONT_DOOR, STREAM, DRIVER, NET, MACHINE));

  @ArchTest
  static final ArchRule recordingsAreReadWithTheNamesOfTheirEvents =
      floor(TRACE, PLAIN, with(EVENTS, FLIGHT_RECORDER));

  @ArchTest
  static final ArchRule metricsUseWhatTheFrontDoorShowsAndAskTheJvm =
      floor(
          METRICS,
          PLAIN,
          AKKA,
          AKKA_STREAMS,
          with(FRONT_DOOR, DRIVER, NET, MACHINE, "com.sun.management"));

  @ArchTest
  static final ArchRule prometheusUsesMetricsAndItsLibrary =
      floor(PROMETHEUS, PLAIN, with(METRICS, NET, "io.prometheus.."));

  @ArchTest
  static final ArchRule thePortUsesMetricsAkkaHttpAndJson =
      floor(
          HTTP,
          PLAIN,
          AKKA,
          AKKA_STREAMS,
          with(
              METRICS, PROMETHEUS, DRIVER, NET, VIRTIO, "akka.http..", "io.prometheus..", JACKSON));

  @ArchTest
  static final ArchRule onlyThePortUsesItsLibraries =
      noClasses()
          .that(not(resideInAnyPackage(PROMETHEUS, HTTP)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("akka.http..", "io.prometheus..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule spansAreMadeWithTheApiOfOpenTelemetryAlone =
      floor(
          OTEL,
          PLAIN,
          with(EVENTS, "akka.actor.setup", "io.opentelemetry.api..", "io.opentelemetry.context.."));

  @ArchTest
  static final ArchRule onlySpansAndTheCommandLineUseOpenTelemetry =
      noClasses()
          .that(not(resideInAnyPackage(OTEL, "virtionet.cli..")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.opentelemetry..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule nothingBelowTheCommandLineUsesAnObserver =
      noClasses()
          .that(not(resideInAnyPackage("virtionet.cli..", "virtionet.observe..")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("virtionet.observe..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule tcpipKnowsOnlyTheFrontDoorFramesAndStreams =
      classes()
          .that()
          .resideInAPackage(TCPIP + "..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(join(PLAIN, AKKA, AKKA_STREAMS, with(TCPIP + "..", FRONT_DOOR)))
                  .or(frames()))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyTheCommandLineUsesItsLibraries =
      noClasses()
          .that(not(resideInAPackage("virtionet.cli..")))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("picocli..", "ch.qos.logback..", "org.HdrHistogram..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule nothingUsesTheCommandLine =
      noClasses()
          .that(not(resideInAPackage("virtionet.cli..")))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("virtionet.cli..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule noPackagesUseEachOtherInACircle =
      slices().assignedFrom(packages()).should().beFreeOfCycles().allowEmptyShould(true);

  private static ArchRule floor(String floor, String[]... allowed) {
    return classes()
        .that()
        .resideInAPackage(floor)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(join(join(allowed), with(floor)))
        .allowEmptyShould(true);
  }

  /** The part of the net floor that consumers of frames see. */
  private static DescribedPredicate<JavaClass> frames() {
    return DescribedPredicate.describe(
        "are frames or MAC addresses",
        type ->
            type.getPackageName().equals(NET)
                && Stream.of("Frame", "FrameOwner", "MacAddress")
                    .anyMatch(
                        name ->
                            type.getName().equals(NET + "." + name)
                                || type.getName().startsWith(NET + "." + name + "$")));
  }

  /** A slice a package, the front door's own included (a pattern would leave that one out). */
  private static SliceAssignment packages() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        return SliceIdentifier.of(type.getPackageName());
      }

      @Override
      public String getDescription() {
        return "packages";
      }
    };
  }

  private static String[] with(String... packages) {
    return packages;
  }

  private static String[] join(String[]... packages) {
    return Stream.of(packages).flatMap(Stream::of).toArray(String[]::new);
  }
}
