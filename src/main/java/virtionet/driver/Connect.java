package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.Objects;
import java.util.Optional;
import virtionet.driver.trace.Carrier;
import virtionet.driver.trace.Work;

/**
 * A client's wish to be connected; answered with one {@link Reply}, and with nothing more.
 *
 * @param device the device's name; empty for the first one
 * @param work the connecting, as it is watched
 */
public record Connect(Optional<String> device, Client client, ActorRef<Reply> replyTo, Work work)
    implements VirtioNetDriver.Command, Device.Command, Startup.Command, Carrier {
  public Connect {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(replyTo, "replyTo");
    Objects.requireNonNull(work, "work");
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
