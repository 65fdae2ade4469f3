package virtionet.tcpip;

import java.util.Objects;

/**
 * What happens to the address of a stack that has it from a DHCP server.
 *
 * @see TcpIp
 */
public sealed interface LeaseEvent {
  /** There is an address now. */
  record Acquired(Lease lease) implements LeaseEvent {
    public Acquired {
      Objects.requireNonNull(lease, "lease");
    }
  }

  /** It may be kept for longer. */
  record Renewed(Lease lease) implements LeaseEvent {
    public Renewed {
      Objects.requireNonNull(lease, "lease");
    }
  }

  /** It must not be used any more; a new one is asked for. */
  record Lost(String reason) implements LeaseEvent {
    public Lost {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
