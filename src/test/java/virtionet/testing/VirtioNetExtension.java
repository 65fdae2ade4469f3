package virtionet.testing;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import virtionet.VirtioNet;

/**
 * JUnit 5: the driver on device models, new for each test and ended after it. A test method takes
 * what it needs of it as parameters: {@link DriverOnModel}, its {@link VirtioNet}, the first card's
 * {@link NetDeviceModel}. The test fails where at its end a buffer is missing, a frame is still
 * held, or the driver broke a rule of VirtIO.
 *
 * <pre>{@code
 * @ExtendWith(VirtioNetExtension.class) // one modern card
 *
 * @RegisterExtension // or what one likes
 * static final VirtioNetExtension CARDS =
 *     VirtioNetExtension.with("virtionet.clients = broadcast", ModelSettings.legacy());
 * }</pre>
 *
 * <p>This class alone of the testkit needs JUnit.
 */
public final class VirtioNetExtension
    implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(VirtioNetExtension.class);

  private static final Map<Class<?>, Function<DriverOnModel, Object>> PARAMETERS =
      Map.of(
          DriverOnModel.class, driver -> driver,
          VirtioNet.class, DriverOnModel::net,
          NetDeviceModel.class, DriverOnModel::device);

  private final String settings;
  private final ModelSettings[] devices;

  /** One modern card: for {@code @ExtendWith}. */
  public VirtioNetExtension() {
    this("", ModelSettings.modern());
  }

  private VirtioNetExtension(String settings, ModelSettings... devices) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.devices = devices.clone();
  }

  /** These cards. */
  public static VirtioNetExtension of(ModelSettings... devices) {
    return with("", devices);
  }

  /** These cards, and these settings of ours, in HOCON. */
  public static VirtioNetExtension with(String settings, ModelSettings... devices) {
    return new VirtioNetExtension(settings, devices);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(STORE).put(DriverOnModel.class, DriverOnModel.with(settings, devices));
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return PARAMETERS.containsKey(parameter.getParameter().getType())
        && context.getTestMethod().isPresent();
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return Objects.requireNonNull(PARAMETERS.get(parameter.getParameter().getType()))
        .apply(driver(context));
  }

  private static DriverOnModel driver(ExtensionContext context) {
    return Objects.requireNonNull(
        context.getStore(STORE).get(DriverOnModel.class, DriverOnModel.class));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    DriverOnModel driver = driver(context);
    driver.close();
    ModelMachine machine = driver.machine();
    List<String> violations =
        IntStream.range(0, machine.deviceCount())
            .mapToObj(machine::device)
            .flatMap(device -> device.violations().stream())
            .toList();
    if (!violations.isEmpty()) {
      throw new AssertionError("the driver broke rules: " + violations);
    }
  }
}
