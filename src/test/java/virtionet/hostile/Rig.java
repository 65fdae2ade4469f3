package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import akka.stream.javadsl.Sink;
import ch.qos.logback.classic.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import virtionet.driver.DeviceEvent;
import virtionet.driver.Fault;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;

/** A device that is about to misbehave, the whole driver on it, and a client that looks on. */
final class Rig implements AutoCloseable {
  private static final String SETTINGS =
      """
      virtionet.recovery { max-restarts = 5, min-backoff = 10 ms, max-backoff = 40 ms }
      virtionet.transmit-timeout = 2 s
      virtionet.control-timeout = 300 ms
      virtionet.health-interval = 50 ms
      """;

  /** For a device that comes to its senses only when the test has looked. */
  static final String NEVER_GIVEN_UP = "virtionet.recovery.max-restarts = 100000\n";

  private static final int INTERRUPT_STATUS = 0x060;
  private static final int ROUNDS = 20;

  private final CapturedLog log = new CapturedLog(Level.INFO);
  private final HostileMachine machine;
  private final DriverOnModel driver;
  private final DriverOnModel.Client client;
  private final List<DeviceEvent> events = new CopyOnWriteArrayList<>();
  private int resets;

  private Rig(HostileMachine machine, String settings) {
    this.machine = machine;
    driver = DriverOnModel.on(machine.model(), () -> machine, SETTINGS + settings);
    client = driver.connected();
    client.connected().events().runWith(Sink.foreach(events::add), driver.system());
    until("the client hears of the device", () -> events.size() >= 3);
  }

  static Rig of(Card card) {
    return of(card.settings());
  }

  static Rig of(ModelSettings device) {
    return with("", device);
  }

  /** With these settings as well, in HOCON. */
  static Rig with(String settings, ModelSettings device) {
    return on(machine(device), settings);
  }

  static HostileMachine machine(ModelSettings device) {
    return new HostileMachine(ModelMachine.of(device));
  }

  /** On a machine that misbehaves from the start. */
  static Rig on(HostileMachine machine, String settings) {
    return new Rig(machine, settings);
  }

  HostileMachine machine() {
    return machine;
  }

  DriverOnModel driver() {
    return driver;
  }

  DriverOnModel.Client client() {
    return client;
  }

  NetDeviceModel device() {
    return driver.device();
  }

  long count(Counter counter) {
    return client.count(counter);
  }

  <T extends DeviceEvent> List<T> events(Class<T> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** Why the device was given up; its client may know it sooner than the event comes. */
  Fault givenUp() {
    until("its end is told", () -> !events(DeviceEvent.GivenUp.class).isEmpty());
    return events(DeviceEvent.GivenUp.class).getLast().fault();
  }

  /** Returns once the driver has acknowledged each interrupt that was raised. */
  void awaitQuietLine() {
    until("no interrupt is pending", () -> device().read32(INTERRUPT_STATUS) == 0);
  }

  void send(int number) {
    client.in().sendNext(Frame.wrap(bytes(number, 60)));
  }

  /** Frames go both ways, one by one: more than there are buffers in a ring. */
  void assertCarriesFrames() {
    device().takeTransmitted();
    for (int number = 1; number <= ROUNDS; number++) {
      byte[] frame = bytes(number, 60 + number);
      client.in().sendNext(Frame.wrap(frame));
      List<byte[]> sent = new ArrayList<>();
      until("it is sent", () -> sent.addAll(device().takeTransmitted()) || !sent.isEmpty());
      assertArrayEquals(frame, sent.getFirst());
      until("there is a buffer", () -> device().receive(frame));
      assertArrayEquals(frame, client.receive());
    }
  }

  /**
   * The device was blamed for this and is reset, once: told by one event, one line and one count.
   * Then all is well again.
   */
  void assertReset(Fault.Kind kind, String reason) {
    resets++;
    until("it is up again", () -> events(DeviceEvent.Recovered.class).size() == resets);
    assertEquals(resets, events(DeviceEvent.Recovering.class).size());
    Fault fault = events(DeviceEvent.Recovering.class).getLast().fault();
    assertEquals(kind, fault.kind(), fault::reason);
    assertTrue(fault.reason().contains(reason), fault::reason);
    assertEquals(resets, log.lines(Level.WARN, " is reset: ").size());
    assertTrue(log.lines(Level.WARN, " is reset: ").getLast().contains(reason));
    assertEquals(resets, count(Counter.FAULTS));
    assertEquals(resets, count(Counter.RECOVERIES));
    assertCarriesFrames();
  }

  /** So many frames were dropped for this reason and for no other; all is well all the same. */
  void assertDropped(Counter reason, long frames) {
    until("it is dropped: " + reason, () -> count(reason) >= frames);
    for (Map.Entry<Counter, Long> entry : client.connected().counters().entrySet()) {
      if (entry.getKey().isDrop() && entry.getKey() != Counter.DROPPED_NO_CLIENT) {
        long expected = entry.getKey() == reason ? frames : 0;
        assertEquals(expected, entry.getValue(), entry.getKey()::name);
      }
    }
    assertAtPeace();
  }

  /** Nothing was made of it: no reset, no warning; and frames flow. */
  void assertAtPeace() {
    assertCarriesFrames();
    assertEquals(0, count(Counter.FAULTS));
    assertEquals(List.of(), events(DeviceEvent.Recovering.class));
    assertEquals(List.of(), log.lines(Level.WARN, " is reset: "));
    assertEquals(List.of(), log.lines(Level.ERROR, ""));
  }

  /** Lines of the log that warn of this. */
  List<String> warnings(String text) {
    return log.lines(Level.WARN, text);
  }

  /** Lines of the log that tell of this without a warning. */
  List<String> notices(String text) {
    return log.lines(Level.INFO, text);
  }

  /** The driver stops: no buffer is missing, and the device saw nothing wrong of it. */
  void end() {
    client.leave();
    driver.stopWithoutATrace();
    assertEquals(
        Set.of(),
        Set.copyOf(log.lines(Level.WARN, "its memory is withdrawn")),
        "memory that is withdrawn");
  }

  @Override
  public void close() {
    driver.close();
    log.close();
  }
}
