package virtionet.stream;

import org.jspecify.annotations.Nullable;
import virtionet.driver.HandOff;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.FrameBatches;

/** What travels in a stream of a device, and how it gets into a hand-off and out of it. */
sealed interface Elements<E> {

  /** Takes what waits, if anything does. */
  @Nullable E poll(HandOff receive, String holder);

  /** Passes an element on; false when there is no room for it, or not for all of it. */
  boolean offer(HandOff transmit, E element);

  /** Whether an element is little: then the other side is woken once for many of them. */
  boolean areSmall();

  /** Lets go of what cannot be passed on any more. */
  void abandon(HandOff transmit, E element);

  /** One frame after the other. */
  record Frames() implements Elements<Frame> {
    @Override
    public @Nullable Frame poll(HandOff receive, String holder) {
      Frame frame = receive.poll();
      if (frame != null) {
        frame.touch(holder);
      }
      return frame;
    }

    @Override
    public boolean offer(HandOff transmit, Frame frame) {
      return transmit.offer(frame);
    }

    @Override
    public boolean areSmall() {
      return true;
    }

    @Override
    public void abandon(HandOff transmit, Frame frame) {
      transmit.abandon(frame);
    }
  }

  /** As many frames as wait, up to a batch's capacity. */
  record Batches(FrameBatches batches) implements Elements<FrameBatch> {
    @Override
    public @Nullable FrameBatch poll(HandOff receive, String holder) {
      if (receive.size() == 0) {
        return null;
      }
      FrameBatch batch = batches.take();
      receive.poll(batch);
      batch.touch(holder);
      return batch;
    }

    @Override
    public boolean offer(HandOff transmit, FrameBatch batch) {
      transmit.offer(batch);
      if (!batch.isEmpty()) {
        return false;
      }
      batch.release();
      return true;
    }

    @Override
    public boolean areSmall() {
      return false;
    }

    @Override
    public void abandon(HandOff transmit, FrameBatch batch) {
      transmit.abandon(batch);
    }
  }
}
