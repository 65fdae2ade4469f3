package virtionet.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import virtionet.devicetree.DeviceNode;
import virtionet.devicetree.DeviceSearch;
import virtionet.devicetree.DeviceTree;
import virtionet.devicetree.DeviceTreeException;
import virtionet.driver.Device;
import virtionet.driver.ScanReport;
import virtionet.machine.MachineException;

/** Lists the devices of a device tree. */
@Command(
    name = "probe",
    description = "Lists the virtio devices of a device tree: of QEMU's machine, or of a file.")
final class ProbeCommand implements Callable<Integer> {
  private static final Set<String> COMPATIBLE = Set.of("virtio,mmio");

  @Mixin private MachineMixin qemu = new MachineMixin();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--dtb",
      paramLabel = "FILE",
      description = "Flattened device tree to read instead; no QEMU is started.")
  private @Nullable Path dtb;

  @Option(
      names = "--features",
      description = "Show for each network device which features are in use, and why others not.")
  private boolean features;

  @Override
  public Integer call() throws InterruptedException {
    var screen = new Screen(spec.commandLine());
    if (dtb != null) {
      if (features) {
        throw new ParameterException(
            spec.commandLine(), "--features is of devices: a device tree file (--dtb) has none");
      }
      showFile(screen, dtb);
    } else {
      showMachine(screen);
    }
    return ExitCode.DONE.number();
  }

  private void showMachine(Screen screen) throws InterruptedException {
    try (var session = DriverSession.open(qemu)) {
      ScanReport scan = session.scan();
      screen.line("%s", scan.machine());
      screen.heading("Slots of the device tree (virtio,mmio)");
      DeviceReports.slots(screen, scan.slots());
      screen.heading("Network devices");
      List<List<String>> rows = new ArrayList<>();
      List<Device.Description> devices = session.devices();
      for (Device.Description device : devices) {
        rows.add(
            switch (device) {
              case Device.Up up ->
                  List.of(
                      up.device().info().name(),
                      up.device().info().mac().toString(),
                      Integer.toString(up.device().info().mtu()),
                      up.device().links().link().up() ? "up" : "down",
                      "");
              case Device.Recovering down ->
                  List.of(
                      down.slot().name(), "-", "-", "-", "recovering: " + down.fault().reason());
              case Device.Failed failed ->
                  List.of(failed.slot().name(), "-", "-", "-", failed.reason());
            });
      }
      if (rows.isEmpty()) {
        screen.line("  none");
      } else {
        screen.table(List.of("device", "MAC", "MTU", "link", ""), rows);
      }
      if (features) {
        devices.forEach(device -> showFeatures(screen, device));
      }
    }
  }

  private static void showFeatures(Screen screen, Device.Description device) {
    if (device instanceof Device.Up up) {
      screen.heading("Features of " + up.device().info().name());
      DeviceReports.features(screen, up.device().info().features());
    }
  }

  private static void showFile(Screen screen, Path file) {
    DeviceSearch search = read(file).devices(COMPATIBLE);
    List<List<String>> rows = new ArrayList<>();
    for (DeviceNode node : search.devices()) {
      rows.add(
          List.of(
              node.path(),
              node.windows().stream()
                  .map(window -> "0x%08x, 0x%x bytes".formatted(window.address(), window.size()))
                  .collect(Collectors.joining("; ")),
              node.interrupts().stream()
                  .map(interrupt -> DeviceReports.number(interrupt.number()))
                  .collect(Collectors.joining("; "))));
    }
    for (DeviceSearch.Malformed malformed : search.malformed()) {
      rows.add(List.of(malformed.node().path(), "malformed: " + malformed.reason(), ""));
    }
    if (rows.isEmpty()) {
      screen.line("%s: no node is compatible with %s", file, String.join(", ", COMPATIBLE));
    } else {
      screen.table(List.of("node", "registers", "line"), rows);
    }
  }

  private static DeviceTree read(Path file) {
    try {
      return DeviceTree.read(file);
    } catch (DeviceTreeException e) {
      throw new MachineException(file + " is no flattened device tree: " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException("there is no file " + file, e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }
}
