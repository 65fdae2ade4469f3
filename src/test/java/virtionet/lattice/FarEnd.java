package virtionet.lattice;

import virtionet.testing.FrameEnd;

/** The end of the wire that is not the driver's: beyond a device. */
public interface FarEnd extends FrameEnd {
  /** From now on the device leaves alone what the driver gives it to transmit. */
  void pause() throws Exception;

  /** The end of the pause; what has waited is transmitted. */
  void resume() throws Exception;

  /** Looks, during a pause, at the full transmit queue, where that can be looked at. */
  default void inspectFullQueue() {}

  /** Looks at the device's side when all is quiet. */
  default void inspectAtRest() {}
}
