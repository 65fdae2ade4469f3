package virtionet.driver;

import java.time.Duration;
import java.util.Objects;
import virtionet.net.Link;
import virtionet.net.MacAddress;

/** Something about a device that its clients may want to know. */
public sealed interface DeviceEvent {

  /** The link went up or down, or changed its speed; also told once at the start. */
  record LinkChanged(Link link) implements DeviceEvent {
    public LinkChanged {
      Objects.requireNonNull(link, "link");
    }
  }

  /** The most bytes after a frame's Ethernet header; also told once at the start. */
  record MtuChanged(int mtu) implements DeviceEvent {}

  /** The address of the device; also told once at the start. */
  record MacChanged(MacAddress mac) implements DeviceEvent {
    public MacChanged {
      Objects.requireNonNull(mac, "mac");
    }
  }

  /** The device asks that its station be announced to the network, as after a move to there. */
  record AnnouncementAsked() implements DeviceEvent {}

  /** The device cannot go on and is reset; frames are carried again after {@link Recovered}. */
  record Recovering(Fault fault) implements DeviceEvent {
    public Recovering {
      Objects.requireNonNull(fault, "fault");
    }
  }

  /**
   * The device is up again.
   *
   * @param restarts starts that it took
   * @param took from the fault to the start
   * @param abortedFrames that the device had for transmission, and of which nobody knows whether
   *     they were sent
   */
  record Recovered(int restarts, Duration took, long abortedFrames) implements DeviceEvent {
    public Recovered {
      Objects.requireNonNull(took, "took");
    }
  }

  /**
   * The device raises its interrupt line over and over without a cause; from now on the line is
   * heard only now and then. Told once until the device gives a cause again.
   *
   * @param interrupts in a row, without a cause
   */
  record InterruptStorm(int interrupts) implements DeviceEvent {}

  /**
   * The device sends and has received nothing for long: a quiet network, or a device that does not
   * receive. Nothing is done about it. Told once until something is received.
   *
   * @param transmitted frames that it sent meanwhile
   * @param since how long ago something was received
   */
  record NothingReceived(long transmitted, Duration since) implements DeviceEvent {
    public NothingReceived {
      Objects.requireNonNull(since, "since");
    }
  }

  /** The device is given up: nothing more follows. */
  record GivenUp(Fault fault) implements DeviceEvent {
    public GivenUp {
      Objects.requireNonNull(fault, "fault");
    }
  }
}
