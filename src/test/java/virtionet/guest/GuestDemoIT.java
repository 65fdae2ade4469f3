package virtionet.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The demo of the host, inside a guest. */
@RequiresGuest
class GuestDemoIT {

  @Test
  void theDemoPassesOnMappedRegistersWithRealInterrupts() throws IOException {
    Guest.Outcome demo = Guest.run("demo", "--count", "2000");
    assertEquals(0, demo.code(), demo::text);
    assertEquals(
        "demo passed: lease 10.0.2.15, 5/5 pings, 2000/2000 datagrams",
        demo.lastLine(),
        demo::text);
    assertTrue(demo.text().contains("network card, version 2"), demo::text);
    assertTrue(!demo.text().contains("lost wake-ups"), demo::text);
  }

  @Test
  void theDemoPassesOnTheDeviceAsTheSeedsLineGivesIt() throws IOException {
    Guest.Outcome demo = Guest.run("demo", "--legacy", "--count", "500");
    assertEquals(0, demo.code(), demo::text);
    assertEquals(
        "demo passed: lease 10.0.2.15, 5/5 pings, 500/500 datagrams", demo.lastLine(), demo::text);
    assertTrue(demo.text().contains("legacy (version 1)"), demo::text);
  }
}
