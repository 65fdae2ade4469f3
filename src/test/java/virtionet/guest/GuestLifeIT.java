package virtionet.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import virtionet.testing.TestBytes;
import virtionet.testing.Wire;

/**
 * What becomes of the device and of the kernel's interface, whatever happens. Each script runs in
 * one guest and says {@code ok} or {@code not ok} for each of its claims.
 */
@RequiresGuest
class GuestLifeIT {
  private static final String SCRIPTS = "src/test/resources/virtionet/guest/";

  @TestFactory
  Stream<DynamicTest> theDeviceGoesToAndFroAndNothingIsTakenThatIsNotGivenBack()
      throws IOException {
    // Without IPv6, or the router's advertisement would give the interface a default route.
    return claims(
        Guest.run(
            "run",
            "--timeout",
            "900",
            "--netdev",
            "user,ipv6=off",
            "--file",
            SCRIPTS + "attach.sh",
            "--file",
            SCRIPTS + "claims.sh",
            "--",
            "sh",
            "attach.sh"));
  }

  @TestFactory
  Stream<DynamicTest> aDeviceThatADeadProcessLeftRunningIsSetRightByTheNextStart()
      throws IOException, InterruptedException {
    var done = new AtomicBoolean();
    try (Wire wire = new Wire();
        Guest guest =
            Guest.start(
                "run",
                "--timeout",
                "900",
                "--netdev",
                wire.netdev("net0").replace(",id=net0", ""),
                "--file",
                SCRIPTS + "killed.sh",
                "--file",
                SCRIPTS + "claims.sh",
                "--",
                "sh",
                "killed.sh")) {
      Thread traffic = Thread.ofPlatform().start(() -> keepSending(wire, done));
      try {
        return claims(guest.awaitEnd());
      } finally {
        done.set(true);
        traffic.join();
      }
    }
  }

  /** As much as comes back, and a few more all the time: somebody may have died meanwhile. */
  private static void keepSending(Wire wire, AtomicBoolean done) {
    try {
      for (int number = 0; !done.get(); number++) {
        wire.send(TestBytes.frame(number, 64 + number % 1000));
        try {
          wire.receiveWithin(2);
        } catch (SocketTimeoutException e) {
          // Nobody reflects just now.
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Stream<DynamicTest> claims(Guest.Outcome end) {
    assertEquals(0, end.code(), end::text);
    List<String> claims =
        end.lines().stream().filter(line -> line.matches("(not )?ok .*")).toList();
    assertFalse(claims.isEmpty(), end::text);
    return claims.stream()
        .map(
            claim ->
                DynamicTest.dynamicTest(
                    claim.replaceFirst("^(not )?ok ", ""),
                    () -> assertFalse(claim.startsWith("not"), end::text)));
  }
}
