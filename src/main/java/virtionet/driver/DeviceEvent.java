package virtionet.driver;

import virtionet.net.Link;
import virtionet.net.MacAddress;

/** Something about a device that its clients may want to know. */
public sealed interface DeviceEvent {

  /** The link went up or down, or changed its speed; also told once at the start. */
  record LinkChanged(Link link) implements DeviceEvent {}

  /** The most bytes after a frame's Ethernet header; also told once at the start. */
  record MtuChanged(int mtu) implements DeviceEvent {}

  /** The address of the device; also told once at the start. */
  record MacChanged(MacAddress mac) implements DeviceEvent {}

  /** The device asks that its station be announced to the network, as after a move to there. */
  record AnnouncementAsked() implements DeviceEvent {}
}
