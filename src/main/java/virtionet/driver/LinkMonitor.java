package virtionet.driver;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import virtionet.net.Link;

/**
 * The present state of a device's link, and whoever wants to hear of changes. Any thread; a
 * listener is called on the thread that sets the link, and must be quick. Under a lock, so that
 * what a new listener is told at first never comes after a change.
 */
public final class LinkMonitor {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile Link link;
  private volatile boolean ended;

  /** Somebody who wants to know. */
  public interface Listener {
    /** The link has changed. */
    void changed(Link link);

    /** There will be no more changes: the device is gone. */
    void ended();
  }

  public LinkMonitor(Link link) {
    this.link = Objects.requireNonNull(link, "link");
  }

  /** The link as last seen. */
  public Link link() {
    return link;
  }

  /** Adds a listener; it is told the present state at once. */
  public synchronized void subscribe(Listener listener) {
    listeners.add(listener);
    listener.changed(link);
    if (ended) {
      listener.ended();
    }
  }

  public void unsubscribe(Listener listener) {
    listeners.remove(Objects.requireNonNull(listener, "listener"));
  }

  /** Whether this was a change. */
  synchronized boolean set(Link now) {
    if (now.equals(link)) {
      return false;
    }
    link = now;
    tell(listener -> listener.changed(now));
    return true;
  }

  synchronized void end() {
    ended = true;
    tell(Listener::ended);
  }

  private void tell(Consumer<Listener> what) {
    listeners.forEach(what);
  }
}
