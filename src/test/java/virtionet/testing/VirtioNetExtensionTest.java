package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import virtionet.VirtioNet;

/** The extension gives each test a driver, and fails the one that leaves something behind. */
class VirtioNetExtensionTest {
  private static final Set<DriverOnModel> SEEN = new HashSet<>();

  @RegisterExtension
  static final VirtioNetExtension CARDS =
      VirtioNetExtension.with(
          "virtionet.clients = broadcast",
          ModelSettings.modern().withMtu(9000),
          ModelSettings.legacy());

  @RepeatedTest(2)
  void eachTestHasADriverOfItsOwn(DriverOnModel driver) {
    assertTrue(SEEN.add(driver));
  }

  @Test
  void aTestGetsTheCardsAndTheSettingsThatItsExtensionNames(
      DriverOnModel driver, VirtioNet net, NetDeviceModel card) {
    assertSame(driver.net(), net);
    assertSame(driver.device(), card);
    assertNotSame(driver.machine().device(1), card);
    assertEquals(2, driver.machine().deviceCount());
    var one = driver.connected();
    assertEquals(9000, one.connected().mtu());
    driver.connected(); // a second one, by that setting
  }

  @Test
  void aTestWhoseCardIsLostPasses(DriverOnModel driver) {
    driver.connected();
    driver.device().needReset();
    DriverOnModel.until(
        "the device is given up",
        () -> DriverOnModel.await(driver.net().devices()).toString().contains("Failed"));
    driver.machine().lose("unplugged");
  }

  /** What the extension says of a class of tests. */
  private static List<String> failures(Class<?> tests) {
    List<String> failures = new ArrayList<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests)).build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                result.getThrowable().ifPresent(failure -> failures.add(failure.toString()));
              }
            });
    return failures;
  }

  @ExtendWith(VirtioNetExtension.class)
  static class Forgetful {
    @Test
    void keepsAFrame(DriverOnModel driver, VirtioNet net, NetDeviceModel card) {
      var stream = net.source().toMat(Sink.head(), Keep.both()).run(driver.system());
      DriverOnModel.await(stream.first());
      DriverOnModel.until("it is received", () -> card.receive(DriverOnModel.bytes(1, 60)));
      DriverOnModel.await(stream.second());
    }
  }

  @Test
  void aTestThatKeepsAFrameFails() {
    List<String> failures = failures(Forgetful.class);
    assertEquals(1, failures.size(), failures::toString);
    assertTrue(failures.getFirst().contains("all buffers are in their place"), failures::toString);
  }

  @ExtendWith(VirtioNetExtension.class)
  static class Wrong {
    @Test
    void fails(NetDeviceModel card) {
      throw new AssertionError("its own, " + card.pairs() + " pair");
    }
  }

  @Test
  void aTestThatFailsByItselfSaysWhy() {
    assertEquals(List.of("java.lang.AssertionError: its own, 1 pair"), failures(Wrong.class));
  }
}
