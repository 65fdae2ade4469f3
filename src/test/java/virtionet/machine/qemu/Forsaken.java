package virtionet.machine.qemu;

import java.io.IOException;
import java.io.OutputStream;
import virtionet.testing.QemuProcess;

/** A program that starts QEMU, tells its process and its folder, and gets no time to end it. */
final class Forsaken {
  private Forsaken() {}

  public static void main(String[] arguments) throws IOException {
    var machine = QemuMachine.start(QemuOptions.of(QemuArchitecture.RISCV64));
    System.out.println(machine.pid());
    System.out.println(QemuProcess.of(machine).folder());
    System.in.transferTo(OutputStream.nullOutputStream());
  }
}
