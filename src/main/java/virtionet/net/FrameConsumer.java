package virtionet.net;

/** Takes received frames. */
@FunctionalInterface
public interface FrameConsumer {

  /** Becomes the frame's holder. */
  void accept(Frame frame);
}
