package virtionet.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The seed's own architecture. */
@RequiresGuest("riscv64")
class RiscvGuestIT {

  @Test
  void theDeviceIsProbedAndGetsALeaseAndPings() throws IOException {
    Guest.Outcome run =
        Guest.run(
            "run",
            "--arch",
            "riscv64",
            "--",
            "sh",
            "-c",
            "virtionet attach eth0 probe && virtionet attach eth0 ping 10.0.2.2 --count 3");
    assertEquals(0, run.code(), run::text);
    assertTrue(run.text().contains("10008000"), run::text);
    assertTrue(run.text().contains("from 10.0.2.15"), run::text);
    assertTrue(run.text().contains("3 sent, 3 received"), run::text);
  }
}
