package virtionet.flows;

import java.time.Duration;
import virtionet.net.Frame;

/** What a flow in the middle does with each frame; made anew for each run of the stream. */
interface FrameRules {
  /**
   * Decides on a frame, which is the rules' until they give it to the way, or drop it.
   *
   * @param now nanoseconds of the flow's clock
   */
  void decide(Frame frame, long now, Way way);

  /** Where a frame can go. */
  interface Way {
    /** On. */
    void pass(Frame frame);

    /** On when the clock says so; others may go first. */
    void holdUntil(long due, Frame frame);

    /** On behind the next frame that goes on, or after that time. */
    void holdBehindNext(Duration most, Frame frame);

    /** No further: it is released and counted. */
    void drop(FlowCounter reason, Frame frame);
  }
}
