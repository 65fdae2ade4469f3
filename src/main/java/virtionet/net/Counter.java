package virtionet.net;

/** What the driver counts for each device since it was brought up. */
public enum Counter implements Metric {
  RECEIVED_FRAMES("frames received", Unit.FRAMES, "good frames that the device gave us"),
  RECEIVED_BYTES("bytes received", Unit.BYTES, "in those frames, Ethernet header included"),
  DELIVERED_FRAMES(
      "frames delivered", Unit.FRAMES, "received and taken by a client; each of several counts"),
  COPIED_FRAMES(
      "received frames copied",
      Unit.FRAMES,
      "delivered on the heap because clients hold too many buffers, because they lay in several, to"
          + " a further client, or because all are (paranoid)"),
  CHECKSUMS_COMPLETED(
      "checksums completed", Unit.FRAMES, "in software, because the client or the device does not"),
  SEGMENTED_FRAMES(
      "frames segmented",
      Unit.FRAMES,
      "in software, because the device does not; each stands for many"),
  TRANSMITTED_FRAMES("frames transmitted", Unit.FRAMES, "that the device has taken"),
  TRANSMITTED_BYTES("bytes transmitted", Unit.BYTES, "in those frames"),
  TRANSMIT_COPIES(
      "transmitted frames copied", Unit.FRAMES, "because they did not lie in a device buffer"),
  TRANSMIT_ABORTED(
      "frames aborted",
      Unit.DROPS,
      "accepted for transmission and then lost with the device or their client"),

  DROPPED_HANDOFF_FULL(
      "received, client too slow", Unit.DROPS, "a client's bounded hand-off was full"),
  DROPPED_NO_CLIENT("received, no client", Unit.DROPS, "nobody was connected"),
  DROPPED_CLIENT_GONE(
      "received, client gone", Unit.DROPS, "the client ended while they waited for it"),
  DROPPED_RUNT("received, too short", Unit.DROPS, "shorter than virtio and Ethernet header"),
  DROPPED_OVERLONG(
      "received, too long", Unit.DROPS, "the device claims more than the buffer holds"),
  DROPPED_BAD_HEADER(
      "received, bad header", Unit.DROPS, "what it says of the frame cannot be true of it"),
  DROPPED_BAD_BUFFER_COUNT(
      "received, wrong number of buffers", Unit.DROPS, "none, or more than the device has"),
  DROPPED_INCOMPLETE(
      "received, buffers missing", Unit.DROPS, "the rest of their buffers did not come"),
  REFUSED_SHORT("transmit, too short", Unit.DROPS, "a client's frame without Ethernet header"),
  REFUSED_LONG("transmit, beyond MTU", Unit.DROPS, "a client's frame longer than the MTU allows"),
  REFUSED_OFFLOAD(
      "transmit, wrong offload", Unit.DROPS, "a client's frame whose offload cannot be true of it"),
  REFUSED_RELEASED(
      "transmit, not held", Unit.DROPS, "a client had released the frame, or sent it before"),
  FRAMES_LEAKED(
      "frames leaked", Unit.EVENTS, "never released, as virtionet.leak-detection has found out"),

  RECEIVE_KICKS("receive doorbells", Unit.EVENTS, "the device was told of new receive buffers"),
  RECEIVE_KICKS_SAVED("receive doorbells saved", Unit.EVENTS, "it had asked not to be told"),
  TRANSMIT_KICKS("transmit doorbells", Unit.EVENTS, "the device was told of frames to send"),
  TRANSMIT_KICKS_SAVED("transmit doorbells saved", Unit.EVENTS, "it had asked not to be told"),
  TRANSMIT_RING_FULL("transmit ring full", Unit.EVENTS, "clients had to wait for the device"),
  INTERRUPTS("interrupts", Unit.EVENTS, "the line was raised"),
  SPURIOUS_INTERRUPTS("spurious interrupts", Unit.EVENTS, "raised without a cause"),
  INTERRUPT_STORMS(
      "interrupt storms", Unit.EVENTS, "the line was raised over and over without a cause"),
  QUIET_SPELLS("quiet spells", Unit.EVENTS, "frames were sent and none was received for long"),
  LOST_WAKEUPS(
      "lost wake-ups", Unit.EVENTS, "the watchdog found work that no interrupt had told of"),
  FAULTS("faults", Unit.EVENTS, "the device could not go on and was reset"),
  QUEUE_RESTARTS(
      "queue restarts", Unit.EVENTS, "a transmit queue that stalled was reset on its own"),
  RECOVERIES("recoveries", Unit.EVENTS, "the device was up again after a fault or a restart"),
  QUARANTINES(
      "quarantines", Unit.EVENTS, "memory was withdrawn, because a reset was not confirmed"),
  QUARANTINES_LIFTED(
      "quarantines lifted", Unit.EVENTS, "such memory was given back after a reset that was"),
  CONFIG_CHANGES("configuration changes", Unit.EVENTS, "told by interrupt"),
  LINK_CHANGES("link changes", Unit.EVENTS, "the link went up or down, or changed speed"),
  CONTROL_COMMANDS("control commands", Unit.EVENTS, "the device was told to do something"),
  CONTROL_FAILURES("control failures", Unit.EVENTS, "commands that the device would not do"),
  CONTROL_REFUSED(
      "control commands refused",
      Unit.EVENTS,
      "more waited than there is to be, or were asked for"),
  CLIENTS_REFUSED(
      "clients refused", Unit.EVENTS, "no place became free in time, or too many waited for one"),
  ANNOUNCEMENTS("announcements", Unit.EVENTS, "the device asked for one of its station");

  private final String label;
  private final Unit unit;
  private final String meaning;

  Counter(String label, Unit unit, String meaning) {
    this.label = label;
    this.unit = unit;
    this.meaning = meaning;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public Unit unit() {
    return unit;
  }

  @Override
  public String meaning() {
    return meaning;
  }

  @Override
  public boolean isCumulative() {
    return true;
  }

  /** Whether it counts frames that were lost. */
  public boolean isDrop() {
    return unit == Unit.DROPS;
  }
}
