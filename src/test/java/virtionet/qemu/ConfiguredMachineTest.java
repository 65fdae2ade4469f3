package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Sink;
import com.typesafe.config.ConfigFactory;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.VirtioNet;
import virtionet.driver.ScanReport;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.net.Frame;
import virtionet.stream.ConnectionRefusedException;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.Variant;

/** The machine that the configuration names, good or bad, behind the front door. */
@RequiresQemu
class ConfiguredMachineTest {

  @ParameterizedTest
  @EnumSource
  void theConfigurationSaysWhichMachineIsStarted(Variant variant) {
    String config = "arch = %s\nlegacy = %b".formatted(variant.architecture(), variant.legacy());
    with(
        config,
        (system, net) -> {
          ScanReport scan = Patience.answer(net.scan());
          assertTrue(scan.machine().endsWith(variant.architecture() + " virt"), scan.machine());
          assertEquals(1, scan.networkCards());
          assertEquals(1, Patience.answer(net.devices()).size());
        });
  }

  @Test
  void aMissingQemuIsToldWithItsRemedyByWhateverIsAsked() {
    String remedy = "/nowhere/qemu is no program that can be run: name a qemu-system-riscv64";
    with(
        "binary = /nowhere/qemu",
        (system, net) -> {
          var missing = MachineUnavailableException.class;
          assertSays(remedy, Patience.failure(missing, net.scan()));
          assertSays(remedy, Patience.failure(missing, net.devices()));
          var refused = ConnectionRefusedException.class;
          assertSays(remedy, Patience.failure(refused, connect(system, net)));
        });
  }

  @Test
  void aQemuThatRefusesItsOptionsIsQuotedByWhateverIsAsked() {
    String words = "'no-such-device' is not a valid device model name";
    with(
        "device = [no-such-device]",
        (system, net) -> {
          assertSays(words, Patience.failure(MachineException.class, net.scan()));
          assertSays(words, Patience.failure(MachineException.class, net.devices()));
        });
  }

  private static CompletionStage<EthernetConnection> connect(ActorSystem<?> system, VirtioNet net) {
    return net.source().to(Sink.foreach(Frame::release)).run(system);
  }

  private static void assertSays(String words, String message) {
    assertTrue(message.contains(words), message);
  }

  /** Runs this in an actor system with these settings of QEMU. */
  private static void with(String qemu, BiConsumer<ActorSystem<?>, VirtioNet> test) {
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "configured-machine",
            ConfigFactory.parseString("virtionet.machine.qemu {\n" + qemu + "\n}")
                .withFallback(ConfigFactory.load()));
    try {
      test.accept(system, VirtioNet.get(system));
    } finally {
      system.terminate();
      Patience.answer(system.getWhenTerminated());
    }
  }
}
