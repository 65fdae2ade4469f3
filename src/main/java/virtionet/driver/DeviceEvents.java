package virtionet.driver;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import virtionet.driver.DeviceEvent.AnnouncementAsked;
import virtionet.driver.DeviceEvent.GivenUp;
import virtionet.driver.DeviceEvent.InterruptStorm;
import virtionet.driver.DeviceEvent.LinkChanged;
import virtionet.driver.DeviceEvent.MacChanged;
import virtionet.driver.DeviceEvent.MtuChanged;
import virtionet.driver.DeviceEvent.NothingReceived;
import virtionet.driver.DeviceEvent.Recovered;
import virtionet.driver.DeviceEvent.Recovering;
import virtionet.net.Link;
import virtionet.net.MacAddress;

/**
 * What happens to a device, and how it stands at present. Any thread; a listener is called on the
 * thread that brings the news, and must be quick. Under a lock, so that what a new listener is told
 * at first never comes after a change.
 */
public final class DeviceEvents {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile LinkChanged link;
  private volatile MtuChanged mtu;
  private volatile MacChanged mac;
  private Optional<Recovering> recovering = Optional.empty();
  private volatile boolean ended;

  /** Somebody who wants to know. */
  public interface Listener {
    /** Something has happened. */
    void happened(DeviceEvent event);

    /** Nothing more will happen: the device is gone. */
    void ended();
  }

  public DeviceEvents(Link link, int mtu, MacAddress mac) {
    this.link = new LinkChanged(link);
    this.mtu = new MtuChanged(mtu);
    this.mac = new MacChanged(mac);
  }

  /** The link as last seen. */
  public Link link() {
    return link.link();
  }

  /** The most bytes after a frame's Ethernet header. */
  public int mtu() {
    return mtu.mtu();
  }

  /** The device's address. */
  public MacAddress mac() {
    return mac.mac();
  }

  /**
   * Adds a listener; it is told the present link, MTU and address at once, and whether the device
   * recovers.
   */
  public synchronized void subscribe(Listener listener) {
    listeners.add(listener);
    listener.happened(link);
    listener.happened(mtu);
    listener.happened(mac);
    recovering.ifPresent(listener::happened);
    if (ended) {
      listener.ended();
    }
  }

  public void unsubscribe(Listener listener) {
    listeners.remove(Objects.requireNonNull(listener, "listener"));
  }

  /** Tells of this, unless it is as it was. */
  synchronized void tell(DeviceEvent event) {
    boolean isNew =
        switch (event) {
          case LinkChanged now -> !now.equals(link);
          case MtuChanged now -> !now.equals(mtu);
          case MacChanged now -> !now.equals(mac);
          case AnnouncementAsked asked -> true;
          case InterruptStorm storm -> true;
          case NothingReceived nothing -> true;
          case Recovering recovering -> true;
          case Recovered recovered -> true;
          case GivenUp givenUp -> true;
        };
    if (!isNew) {
      return;
    }
    switch (event) {
      case LinkChanged now -> link = now;
      case MtuChanged now -> mtu = now;
      case MacChanged now -> mac = now;
      case AnnouncementAsked asked -> {}
      case InterruptStorm storm -> {}
      case NothingReceived nothing -> {}
      case Recovering now -> recovering = Optional.of(now);
      case Recovered recovered -> recovering = Optional.empty();
      case GivenUp givenUp -> recovering = Optional.empty();
    }
    listeners.forEach(listener -> listener.happened(event));
  }

  synchronized void end() {
    ended = true;
    listeners.forEach(Listener::ended);
  }
}
