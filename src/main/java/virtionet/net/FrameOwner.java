package virtionet.net;

/** Who takes a frame's buffer back. */
interface FrameOwner {

  /**
   * Called exactly once for each frame, by any thread.
   *
   * @param buffer the owner's own number for the buffer
   */
  void released(int buffer);
}
