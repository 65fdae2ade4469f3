package virtionet.machine.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;
import virtionet.machine.MachineException;

/** Waits for {@link DescriptorLine}s with one poll(2), and for an eventfd that ends the wait. */
final class DescriptorSelector implements LineSelector {
  private record Entry(DescriptorLine line, Listener listener) {}

  private final Thread thread = Thread.currentThread();
  private final int waking = EventFd.open();
  private final List<Entry> entries = new ArrayList<>();

  /** Those whose descriptors are in the set of this wait, in its order. */
  private final List<Entry> polled = new ArrayList<>();

  private MemorySegment set = Poll.set(Arena.ofAuto(), 1);

  /** Guards the eventfd: its number may be another file's once it was closed. */
  private final Object closing = new Object();

  private boolean closed;

  @Override
  public boolean add(InterruptLine line, Listener listener) {
    if (!(line instanceof DescriptorLine own)) {
      return false;
    }
    entries.add(new Entry(own, listener));
    own.onChange(this::lookAgain);
    set = Poll.set(Arena.ofAuto(), 1 + entries.size());
    return true;
  }

  @Override
  public void remove(InterruptLine line) {
    entries.removeIf(entry -> entry.line().equals(line));
  }

  @Override
  public void select(Duration timeout) {
    polled.clear();
    Poll.put(set, 0, waking);
    for (int i = 0; i < entries.size(); ) {
      if (enter(entries.get(i))) {
        i++;
      } else {
        entries.remove(i);
      }
    }
    boolean any;
    try {
      any = Poll.await(set, 1 + polled.size(), timeout);
    } finally {
      for (int i = 0; i < polled.size(); i++) {
        polled.get(i).line().leave();
      }
    }
    if (any) {
      if (Poll.isReadable(set, 0)) {
        EventFd.drain(waking);
      }
      for (int i = 0; i < polled.size(); i++) {
        if (Poll.isReadable(set, 1 + i)) {
          tell(polled.get(i));
        }
      }
    }
  }

  /**
   * Whether the line is open. If it is to be waited for, it stays so until it is left; one that is
   * masked costs no look, however often its device raises it.
   */
  private boolean enter(Entry entry) {
    if (!entry.line().enter()) {
      return false;
    }
    if (entry.line().isMasked()) {
      entry.line().leave();
    } else {
      polled.add(entry);
      Poll.put(set, polled.size(), entry.line().descriptor());
    }
    return true;
  }

  private void tell(Entry entry) {
    if (!entry.line().enter()) {
      return;
    }
    try {
      entry.line().mask();
    } catch (MachineException e) {
      entries.remove(entry);
      entry.listener().failed(String.valueOf(e.getMessage()));
      return;
    } finally {
      entry.line().leave();
    }
    entry.listener().raised();
  }

  /** A line was enabled or closed: before the next wait it is seen anyway. */
  private void lookAgain() {
    if (Thread.currentThread() != thread) {
      wakeup();
    }
  }

  @Override
  public void wakeup() {
    synchronized (closing) {
      if (!closed) {
        EventFd.signal(waking);
      }
    }
  }

  @Override
  public void close() {
    synchronized (closing) {
      if (!closed) {
        closed = true;
        Libc.close(waking);
      }
    }
  }
}
