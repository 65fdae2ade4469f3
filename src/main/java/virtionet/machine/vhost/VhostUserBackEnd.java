package virtionet.machine.vhost;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.BackEnd;
import virtionet.machine.MachineException;
import virtionet.machine.libc.Doorbell;
import virtionet.machine.libc.EventFd;
import virtionet.machine.libc.Libc;

/**
 * A vhost-user back-end, from the handshake on. Device addresses are the addresses at which the
 * shared memory is mapped here.
 */
final class VhostUserBackEnd implements BackEnd, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VhostUserBackEnd.class);

  /** The protocol's own bits among the features: dirty logging, and that it has features too. */
  private static final long F_LOG_ALL = 1L << 26;

  private static final long F_PROTOCOL_FEATURES = 1L << 30;

  private static final long PROTOCOL_MQ = 1;
  private static final long PROTOCOL_REPLY_ACK = 1 << 3;
  private static final long PROTOCOL_CONFIG = 1 << 9;
  private static final long PROTOCOL_STATUS = 1 << 16;
  private static final long PROTOCOL_WANTED =
      PROTOCOL_MQ | PROTOCOL_REPLY_ACK | PROTOCOL_CONFIG | PROTOCOL_STATUS;

  private static final int QUEUES_PER_PAIR = 2;

  /** Offset, size and flags before the bytes of a configuration space. */
  private static final int CONFIG_HEADER = 12;

  /** Not more than a virtio network device can have (VirtIO 1.3 §5.1.4). */
  private static final int MOST_QUEUES = 2 * 0x8000;

  /** Where a packed ring begins: position 0, wrap counter 1, for available and for used. */
  private static final int PACKED_START = 0x8000_8000;

  private final Channel channel;
  private final long offered;
  private final boolean hasProtocol;
  private final long spoken;
  private final int queues;
  private final int call = EventFd.open();

  /** Of each queue that it was given, by its number: made only then, for it may claim thousands. */
  private volatile @Nullable Doorbell[] doorbells = {};

  /** Queues that the back-end has been given, and those of them that it may use. */
  private final BitSet given = new BitSet();

  private final BitSet enabled = new BitSet();
  private final AtomicBoolean pending = new AtomicBoolean();
  private final Object closing = new Object();
  private volatile boolean closed;

  /**
   * Greets the back-end and gives it the memory.
   *
   * @throws MachineException when it cannot be spoken with; the channel stays the caller's
   */
  VhostUserBackEnd(Channel channel, SharedMemory memory) {
    this.channel = channel;
    try {
      channel.tell(Request.SET_OWNER, Channel.payload(0));
      offered = channel.askU64(Request.GET_FEATURES);
      hasProtocol = (offered & F_PROTOCOL_FEATURES) != 0;
      spoken = hasProtocol ? agree() : 0;
      queues = speaks(PROTOCOL_MQ) ? askQueues() : QUEUES_PER_PAIR;
      share(memory);
      LOG.debug("features 0x{}, {} queues", Long.toHexString(offered), queues);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private long agree() {
    long agreed = channel.askU64(Request.GET_PROTOCOL_FEATURES) & PROTOCOL_WANTED;
    channel.tell(Request.SET_PROTOCOL_FEATURES, Channel.u64(agreed));
    if ((agreed & PROTOCOL_REPLY_ACK) != 0) {
      channel.acknowledgeAll();
    }
    return agreed;
  }

  private boolean speaks(long feature) {
    return (spoken & feature) != 0;
  }

  private int askQueues() {
    // Pairs, for a network device: what QEMU takes it for, and DPDK answers.
    long pairs = channel.askU64(Request.GET_QUEUE_NUM);
    if (pairs < 1) {
      throw new MachineException("the back-end has no queues");
    }
    return (int) Math.min(pairs, MOST_QUEUES / QUEUES_PER_PAIR) * QUEUES_PER_PAIR;
  }

  private void share(SharedMemory memory) {
    ByteBuffer table = Channel.payload(40);
    table.putInt(1).putInt(0); // regions, padding
    long address = memory.address();
    table.putLong(address).putLong(memory.bytes()).putLong(address).putLong(0);
    channel.tell(Request.SET_MEM_TABLE, table.flip(), List.of(memory.descriptor()));
  }

  @Override
  public void within(Duration timeout, Runnable messages) {
    channel.within(timeout, messages);
  }

  @Override
  public int queues() {
    return queues;
  }

  @Override
  public long features() {
    return offered & ~(F_LOG_ALL | F_PROTOCOL_FEATURES);
  }

  @Override
  public void acceptFeatures(long features) {
    channel.tell(Request.SET_FEATURES, Channel.u64(features | (offered & F_PROTOCOL_FEATURES)));
  }

  @Override
  public void enableQueue(
      int queue, int size, boolean packed, long descriptors, long driverArea, long deviceArea) {
    checkQueue(queue);
    channel.tell(Request.SET_VRING_NUM, state(queue, size));
    channel.tell(Request.SET_VRING_BASE, state(queue, packed ? PACKED_START : 0));
    ByteBuffer addresses = Channel.payload(40);
    addresses.putInt(queue).putInt(0);
    addresses.putLong(descriptors).putLong(deviceArea).putLong(driverArea).putLong(0);
    channel.tell(Request.SET_VRING_ADDR, addresses.flip());
    channel.tell(Request.SET_VRING_CALL, Channel.u64(queue), List.of(call));
    given.set(queue);
    Doorbell doorbell = hang(queue);
    try {
      channel.tell(Request.SET_VRING_KICK, Channel.u64(queue), List.of(doorbell.handed()));
    } finally {
      doorbell.handedOver();
    }
  }

  /** A new doorbell: the one before may have rings that nobody has heard. */
  private Doorbell hang(int queue) {
    synchronized (closing) {
      if (closed) {
        throw left();
      }
      @Nullable Doorbell[] more = Arrays.copyOf(doorbells, Math.max(doorbells.length, queue + 1));
      Doorbell doorbell = Doorbell.open();
      takeDown(more[queue]);
      more[queue] = doorbell;
      doorbells = more;
      return doorbell;
    }
  }

  private static void takeDown(@Nullable Doorbell doorbell) {
    if (doorbell != null) {
      doorbell.close();
    }
  }

  private static MachineException left() {
    return new MachineException("the back-end was left");
  }

  private void checkQueue(int queue) {
    if (queue < 0 || queue >= queues) {
      throw new MachineException(
          "the back-end has %d virtqueues: there is no virtqueue %d".formatted(queues, queue));
    }
  }

  private static ByteBuffer state(int queue, int number) {
    return Channel.payload(8).putInt(queue).putInt(number).flip();
  }

  @Override
  public void start() {
    for (int queue = 0; (queue = given.nextSetBit(queue)) >= 0; queue++) {
      if (hasProtocol && !enabled.get(queue)) {
        channel.tell(Request.SET_VRING_ENABLE, state(queue, 1));
      }
      enabled.set(queue);
    }
    // Without acknowledgements nothing else says that it has come so far.
    channel.askU64(Request.GET_FEATURES);
  }

  @Override
  public void disableQueue(int queue) {
    checkQueue(queue);
    if (!given.get(queue)) {
      return;
    }
    if (hasProtocol && enabled.get(queue)) {
      channel.tell(Request.SET_VRING_ENABLE, state(queue, 0));
    }
    // The protocol's word for stopping a ring; the answer comes when that was done.
    channel.ask(Request.GET_VRING_BASE, state(queue, 0));
    given.clear(queue);
    enabled.clear(queue);
  }

  @Override
  public byte[] configuration(int bytes) {
    if (!speaks(PROTOCOL_CONFIG)) {
      return new byte[0];
    }
    ByteBuffer window = Channel.payload(CONFIG_HEADER + bytes);
    window.putInt(0).putInt(bytes).putInt(0); // offset, size, flags
    ByteBuffer reply = channel.ask(Request.GET_CONFIG, window.clear());
    byte[] config = new byte[Math.min(bytes, Math.max(0, reply.limit() - CONFIG_HEADER))];
    reply.position(Math.min(CONFIG_HEADER, reply.limit())).get(config);
    return config;
  }

  @Override
  public OptionalInt status() {
    return speaks(PROTOCOL_STATUS)
        ? OptionalInt.of(wholeStatus(channel.askU64(Request.GET_STATUS)))
        : OptionalInt.empty();
  }

  /** One with more bits than there are is that of no device, not that of its lower half. */
  private static int wholeStatus(long status) {
    return status == (int) status ? (int) status : -1;
  }

  @Override
  public void setStatus(int status) {
    if (speaks(PROTOCOL_STATUS)) {
      channel.tell(Request.SET_STATUS, Channel.u64(status));
    }
  }

  @Override
  public void notifyQueue(int queue) {
    checkQueue(queue);
    @Nullable Doorbell[] hanging = doorbells;
    Doorbell doorbell = queue < hanging.length ? hanging[queue] : null;
    if (doorbell != null) {
      doorbell.ring();
    } else if (closed) {
      throw left();
    }
  }

  @Override
  public void takeInterrupt() {
    pending.set(false);
  }

  @Override
  public boolean hasInterrupt() {
    return pending.get();
  }

  CallLine line() {
    return new CallLine(call, pending);
  }

  /** After the lines and the channel were closed: nothing sends or waits for what it closes. */
  @Override
  public void close() {
    synchronized (closing) {
      if (!closed) {
        closed = true;
        for (Doorbell doorbell : doorbells) {
          takeDown(doorbell);
        }
        doorbells = new Doorbell[0];
        Libc.close(call);
      }
    }
  }
}
