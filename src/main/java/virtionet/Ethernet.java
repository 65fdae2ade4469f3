package virtionet;

import akka.actor.typed.ActorRef;
import akka.actor.typed.receptionist.ServiceKey;
import akka.stream.SinkRef;
import akka.stream.SourceRef;
import akka.stream.javadsl.Flow;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import virtionet.net.Frame;
import virtionet.net.Link;
import virtionet.net.MacAddress;
import virtionet.stream.EthernetConnection;
import virtionet.stream.FrameParcel;

/**
 * The service {@code device/ethernet}: for actors that find the driver through the Receptionist
 * instead of asking the extension. A client either gets a stream of frames, or has them as
 * messages.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="ask"}
 */
public final class Ethernet {
  /** The key under the default name; another name makes another key. */
  public static final ServiceKey<Command> SERVICE = service("device/ethernet");

  /** The version of what nodes say to each other. */
  public static final int PROTOCOL = 1;

  private Ethernet() {}

  /** The key for a service of another name: the setting {@code virtionet.service}. */
  public static ServiceKey<Command> service(String name) {
    return ServiceKey.create(Command.class, Objects.requireNonNull(name, "name"));
  }

  /** What the service can be asked. */
  public sealed interface Command {}

  /**
   * Asks for a stream of frames.
   *
   * @param device its name; empty for the first
   * @param replyTo gets one {@link Reply}
   */
  public record Connect(Optional<String> device, ActorRef<? super Reply> replyTo)
      implements Command {
    public Connect {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(replyTo, "replyTo");
    }
  }

  /**
   * Asks for frames as messages. The driver watches the client; its end ends the session.
   *
   * @param device its name; empty for the first
   * @param client gets {@link Opened} and then its frames, or {@link Closed}
   * @param demand how many frames the client takes before it says {@link Ready} again
   */
  public record Open(Optional<String> device, ActorRef<? super Event> client, int demand)
      implements Command {
    public Open {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(client, "client");
    }
  }

  /**
   * Asks for a stream of frames on another node of a cluster; {@code
   * virtionet.cluster.RemoteEthernet} does.
   *
   * @param device its name; empty for the first
   * @param protocol the version that the client speaks: {@link #PROTOCOL}
   * @param replyTo gets {@link ConnectedRemotely} or {@link Refused}
   */
  public record ConnectRemotely(
      Optional<String> device, int protocol, ActorRef<? super Reply> replyTo) implements Command {
    public ConnectRemotely {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(replyTo, "replyTo");
    }
  }

  /** Answer to {@link Connect} and {@link ConnectRemotely}. */
  public sealed interface Reply {}

  /**
   * The device is up.
   *
   * @param frames a stream of its frames, as of {@link VirtioNet#flow()}; connected when run, and
   *     refused then if another client has taken the place meanwhile
   */
  public record Connected(Flow<Frame, Frame, CompletionStage<EthernetConnection>> frames)
      implements Reply {
    public Connected {
      Objects.requireNonNull(frames, "frames");
    }
  }

  /**
   * The device is up, and connected; both streams are to be run once, within 30 s.
   *
   * @param device its name
   * @param mac its address
   * @param mtu the most bytes that a frame may carry after its Ethernet header
   * @param received what it receives
   * @param toSend what it is to send
   */
  public record ConnectedRemotely(
      String device,
      MacAddress mac,
      int mtu,
      SourceRef<FrameParcel> received,
      SinkRef<FrameParcel> toSend)
      implements Reply {
    public ConnectedRemotely {
      Objects.requireNonNull(device, "device");
      Objects.requireNonNull(mac, "mac");
      Objects.requireNonNull(received, "received");
      Objects.requireNonNull(toSend, "toSend");
    }
  }

  /** There will be no stream. */
  public record Refused(String reason) implements Reply {
    public Refused {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** What a client that has its frames as messages is told. */
  public sealed interface Event {}

  /** Frames flow from now on; the client sends its own to the session. */
  public record Opened(ActorRef<Session> session, EthernetConnection device) implements Event {
    public Opened {
      Objects.requireNonNull(session, "session");
      Objects.requireNonNull(device, "device");
    }
  }

  /** No room for this frame, which is the client's again; {@link Room} tells when to try anew. */
  public record NotSent(Frame frame) implements Event {
    public NotSent {
      Objects.requireNonNull(frame, "frame");
    }
  }

  /** There is room to send. */
  public record Room() implements Event {}

  /** The link has changed; also told once at the start. */
  public record LinkChanged(Link link) implements Event {
    public LinkChanged {
      Objects.requireNonNull(link, "link");
    }
  }

  /** The session is over, or was refused. */
  public record Closed(String reason) implements Event {
    public Closed {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** What a client that has its frames as messages can say. */
  public sealed interface Session {}

  /** The client takes that many more frames. */
  public record Ready(int frames) implements Session {}

  /** The client leaves. */
  public record Leave() implements Session {}

  /**
   * A frame: a received one to a client, who releases it, or one to transmit to the session, which
   * then holds it. Received frames lie on the heap, so that none is lost to the device when a
   * mailbox dies with its actor.
   */
  public record Data(Frame frame) implements Event, Session {
    public Data {
      Objects.requireNonNull(frame, "frame");
    }
  }

  // What a session tells itself.

  record Woken() implements Session {}

  record RoomAgain() implements Session {}

  record LinkNow(Link link) implements Session {}

  record Answered(virtionet.driver.Connect.Reply reply) implements Session {}

  record ClientGone() implements Session {}

  record DriverGone() implements Session {}

  record LingerOver() implements Session {}
}
