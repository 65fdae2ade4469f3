package virtionet.driver;

import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.ControlCommand.SetReceiveMode;
import virtionet.net.MacTable;
import virtionet.net.ReceiveMode;

/**
 * What is done where a device has no room for a MAC table: all passes, since none of the table's
 * frames must be lost, until there is a table for which there is room. Not thread-safe.
 */
final class FilterOverflow {
  private static final Logger LOG = LoggerFactory.getLogger(FilterOverflow.class);

  /** The modes in which all passes. */
  private static final List<ReceiveMode> MODES =
      List.of(ReceiveMode.ALL_MULTICAST, ReceiveMode.PROMISCUOUS);

  private final String device;
  private boolean overflowing;
  private boolean said;

  FilterOverflow(String device) {
    this.device = device;
  }

  /** Tells the device to let all pass instead of the task's table. */
  void letAllPass(ControlTask task) {
    task.replace(MODES.stream().map(mode -> new SetReceiveMode(mode, true)).toList());
    overflowing = true;
    if (!said) {
      said = true;
      LOG.warn("{}: its MAC filter is too small: it is told to let all frames pass", device);
    }
  }

  /** While all passes, that is not taken back by what somebody wishes for afterwards. */
  void adjust(ControlTask task) {
    if (overflowing && task.command() instanceof SetReceiveMode set && MODES.contains(set.mode())) {
      task.replace(List.of(new SetReceiveMode(set.mode(), true)));
    }
  }

  /**
   * The task's step was done: with a table that has room, the modes become what was wished for.
   *
   * @param wishes each mode that was set, and how
   */
  void onAccepted(ControlTask task, Map<ReceiveMode, Boolean> wishes) {
    if (overflowing && task.step() instanceof MacTable) {
      overflowing = false;
      for (ReceiveMode mode : MODES) {
        task.append(new SetReceiveMode(mode, wishes.getOrDefault(mode, false)));
      }
    }
  }
}
