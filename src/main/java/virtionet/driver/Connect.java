package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.Objects;
import java.util.Optional;

/**
 * A client's wish to be connected; answered with one {@link Reply}, and with nothing more.
 *
 * @param device the device's name; empty for the first one
 */
public record Connect(Optional<String> device, Client client, ActorRef<Reply> replyTo)
    implements VirtioNetDriver.Command, Device.Command, Startup.Command {
  public Connect {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(replyTo, "replyTo");
  }

  /** What comes of it. */
  public sealed interface Reply {}

  /** Frames flow from now on. */
  public record Connected(DeviceHandle device) implements Reply {
    public Connected {
      Objects.requireNonNull(device, "device");
    }
  }

  /** They will not. */
  public record Refused(String reason) implements Reply {
    public Refused {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
