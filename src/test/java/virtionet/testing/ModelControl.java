package virtionet.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import virtionet.net.MacAddress;

/**
 * The control virtqueue of a model (VirtIO 1.3 §5.1.6.5): executes commands, remembers what they
 * set, and notes what the driver must not send. Guarded by its model's lock.
 */
public final class ModelControl {
  private static final int OK = 0;
  private static final int ERR = 1;

  private final boolean legacy;
  private final ModelHashes hashes;
  private final ModelPairs pairs;
  private final Consumer<String> violations;
  private final Queue<DeviceSideRing.Chain> taken = new ArrayDeque<>();
  private final List<String> commands = new ArrayList<>();
  private final List<MacAddress> unicast = new ArrayList<>();
  private final List<MacAddress> multicast = new ArrayList<>();
  private final Set<Integer> vlans = new TreeSet<>();
  private final Set<Integer> rejected = new TreeSet<>();
  private final Map<Integer, Long> coalescing = new TreeMap<>();
  private int modes;
  private int tableSize = 64;
  private int announcements;
  private boolean announcing;
  private boolean announcesForEver;
  private boolean silent;
  private int answer = OK;
  private long claimed = 1;

  ModelControl(boolean legacy, ModelPairs pairs, ModelHashes hashes, Consumer<String> violations) {
    this.legacy = legacy;
    this.pairs = pairs;
    this.hashes = hashes;
    this.violations = violations;
  }

  // What a test does with it.

  /** Commands are taken and never answered. */
  public synchronized void neverAnswer() {
    silent = true;
  }

  /** From now on each command is done and acknowledged so; -1: no acknowledgement is written. */
  public synchronized void answer(int acknowledgement) {
    answer = acknowledgement;
  }

  /** Claims this length with each answer. */
  public synchronized void claim(long length) {
    claimed = length;
  }

  /** This command is refused from now on. */
  public synchronized void reject(int commandClass, int command) {
    rejected.add(commandClass << 8 | command);
  }

  /** How many addresses the table has room for. */
  public synchronized void tableSize(int addresses) {
    tableSize = addresses;
  }

  /** An announcement is asked for, however often it is acknowledged, and also after a reset. */
  public synchronized void announceForEver() {
    announcesForEver = true;
    announcing = true;
  }

  /** Each command until now: class, command, data, in hex, as {@code 00 00 01}. */
  public synchronized List<String> commands() {
    return List.copyOf(commands);
  }

  /** Whether a receive mode is on, by its command's number. */
  public synchronized boolean mode(int number) {
    return (modes & 1 << number) != 0;
  }

  public synchronized List<MacAddress> unicast() {
    return List.copyOf(unicast);
  }

  public synchronized List<MacAddress> multicast() {
    return List.copyOf(multicast);
  }

  public synchronized Set<Integer> vlans() {
    return Set.copyOf(vlans);
  }

  /** Announcements that were acknowledged. */
  public synchronized int announcements() {
    return announcements;
  }

  /** Whether one is asked for. */
  public synchronized boolean isAnnouncing() {
    return announcing;
  }

  // What the model does with it.

  synchronized void announce() {
    announcing = true;
  }

  synchronized void reset() {
    unicast.clear();
    multicast.clear();
    vlans.clear();
    coalescing.clear();
    hashes.reset();
    taken.clear();
    modes = 0;
    announcing = announcesForEver;
  }

  /** Commands that are with the device and not yet done. */
  synchronized int taken() {
    return taken.size();
  }

  /** Takes what waits, to be done later: the driver has to heed at once that it is there. */
  synchronized void take(DeviceSideRing ring) {
    do {
      while (ring.waiting() > 0) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        byte[] command = chain.readable();
        if (command.length == 4 && command[0] == 4 && command[1] == 0) {
          pairs.commanded((command[2] & 0xff) | (command[3] & 0xff) << 8);
        }
        ModelHashes.pairs(command).ifPresent(pairs::commanded);
        taken.add(chain);
      }
    } while (ring.enableNotifications());
  }

  /** Executes what waits. */
  synchronized void serve(DeviceSideRing ring, long features) {
    take(ring);
    while (!taken.isEmpty()) {
      serve(ring, taken.remove(), features);
    }
  }

  private void serve(DeviceSideRing ring, DeviceSideRing.Chain chain, long features) {
    if (!silent) {
      byte[] command = chain.readable();
      checkFraming(chain, features);
      commands.add(HexFormat.ofDelimiter(" ").formatHex(command));
      int code = (command[0] & 0xff) << 8 | (command[1] & 0xff);
      ByteBuffer data =
          ByteBuffer.wrap(command, 2, command.length - 2).slice().order(ByteOrder.LITTLE_ENDIAN);
      int done = rejected.contains(code) ? ERR : execute(code, data, features);
      byte[] reply = reply(code, data, (int) chain.writable() - 1);
      byte[] all = new byte[reply.length + 1];
      System.arraycopy(reply, 0, all, 0, reply.length);
      all[reply.length] = (byte) (answer == OK ? done : answer);
      pairs.answered();
      chain.write(answer < 0 ? reply : all);
      ring.use(chain.head(), claimed);
    }
  }

  /** Legacy without ANY_LAYOUT: each part has a descriptor of its own (§5.1.6.6). */
  private void checkFraming(DeviceSideRing.Chain chain, long features) {
    List<DeviceSideRing.Piece> pieces = chain.pieces();
    boolean table = chain.readable()[0] == 1 && chain.readable()[1] == 0;
    boolean empty = chain.readable().length == 2;
    long readable = pieces.stream().filter(piece -> !piece.writable()).count();
    if (legacy
        && (features & ModelSettings.ANY_LAYOUT) == 0
        && (pieces.getFirst().bytes().byteSize() != 2
            || readable != (table ? 3 : empty ? 1 : 2)
            || pieces.getLast().bytes().byteSize() != 1)) {
      violations.accept("a control command framed as ANY_LAYOUT alone allows (§5.1.6.6)");
    }
  }

  private int execute(int code, ByteBuffer data, long features) {
    Optional<ModelCommandRules.Rule> known = ModelCommandRules.of(code);
    if (known.isEmpty()) {
      violations.accept("control command 0x%x".formatted(code));
      return ERR;
    }
    ModelCommandRules.Rule rule = known.get();
    if ((features & rule.features()) != rule.features()) {
      violations.accept("control command 0x%x without its feature".formatted(code));
      return ERR;
    }
    if (rule.length() != ModelCommandRules.ANY_LENGTH && data.remaining() != rule.length()) {
      violations.accept("control command 0x%x: %d bytes".formatted(code, data.remaining()));
      return ERR;
    }
    switch (code) {
      case 0x100 -> {
        return table(data);
      }
      case 0x200, 0x201 -> vlan(code == 0x200, data.getShort(0));
      case 0x300 -> acknowledge();
      case 0x400 -> {
        hashes.automatic();
        return pairs.use(data.getShort(0) & 0xffff) ? OK : ERR;
      }
      case 0x401, 0x402 -> {
        return hashes.execute(code, data, pairs) ? OK : ERR;
      }
      case 0x500 -> offloads(data.getLong(0), features);
      case 0x600, 0x601 -> coalescing.put(-1 - (code & 1), data.getLong(0));
      case 0x602 -> coalescing.put((int) data.getShort(0), data.getLong(4));
      default -> {
        if (code < 6) {
          mode(code, data.get(0));
        }
      }
    }
    return OK;
  }

  private void mode(int number, byte on) {
    if (on < 0 || on > 1) {
      violations.accept("receive mode %d set to %d".formatted(number, on));
    }
    modes = on == 0 ? modes & ~(1 << number) : modes | 1 << number;
  }

  private int table(ByteBuffer data) {
    List<MacAddress> single = addresses(data);
    List<MacAddress> groups = addresses(data);
    if (data.hasRemaining()
        || single.stream().anyMatch(MacAddress::isMulticast)
        || !groups.stream().allMatch(MacAddress::isMulticast)) {
      violations.accept("a MAC table of " + single + " and " + groups);
    }
    if (single.size() + groups.size() > tableSize) {
      return ERR;
    }
    unicast.clear();
    unicast.addAll(single);
    multicast.clear();
    multicast.addAll(groups);
    return OK;
  }

  private static List<MacAddress> addresses(ByteBuffer data) {
    List<MacAddress> addresses = new ArrayList<>();
    byte[] mac = new byte[6];
    for (int left = data.getInt(); left > 0; left--) {
      data.get(mac);
      addresses.add(MacAddress.of(mac, 0));
    }
    return addresses;
  }

  private void vlan(boolean add, int id) {
    if (id < 1 || id > 4094) {
      violations.accept("VLAN " + id);
    }
    if (add) {
      vlans.add(id);
    } else {
      vlans.remove(id);
    }
  }

  private void acknowledge() {
    announcements++;
    if (!announcing) {
      violations.accept("an announcement acknowledged that was not asked for");
    }
    announcing = announcesForEver;
  }

  private void offloads(long mask, long features) {
    if ((mask & ~features) != 0) {
      violations.accept("offloads 0x%x set that were not negotiated".formatted(mask));
    }
  }

  private byte[] reply(int code, ByteBuffer data, int length) {
    ByteBuffer reply = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    if (code == 0x603) {
      reply.putLong(0, coalescing.getOrDefault((int) data.getShort(0), 0L));
    }
    byte[] bytes = new byte[length];
    reply.get(0, bytes);
    return bytes;
  }
}
