package virtionet.tcpip;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/**
 * Which station has which address, and what waits until that is known (RFC 826). Only who asked us
 * and who was asked is learnt, and never more than a set number. The stack's own thread.
 */
final class ArpCache {
  /**
   * A packet that waits.
   *
   * @param failed told when nobody answers
   */
  record Parked(Frame frame, Consumer<TcpIpException> failed) {}

  private static final class Entry {
    final List<Parked> parked = new ArrayList<>();
    Optional<MacAddress> mac = Optional.empty();
    long expires;
    int triesLeft;
    long nextTry;
  }

  private final ArpSettings settings;
  private final Consumer<Ipv4Address> ask;
  private final Map<Ipv4Address, Entry> entries = new LinkedHashMap<>();
  private int unresolved;

  /**
   * @param ask sends a request for an address
   */
  ArpCache(ArpSettings settings, Consumer<Ipv4Address> ask) {
    this.settings = settings;
    this.ask = ask;
  }

  /** The station, if it is known by now. Asks again when that is about to expire. */
  Optional<MacAddress> lookup(Ipv4Address address, long now) {
    Entry entry = entries.get(address);
    if (entry == null || entry.mac.isEmpty()) {
      return Optional.empty();
    }
    if (Deadlines.isOver(entry.expires, now)) {
      entries.remove(address);
      return Optional.empty();
    }
    boolean old = Deadlines.isOver(entry.expires - Deadlines.nanos(settings.lifetime()) / 4, now);
    if (old && Deadlines.isOver(entry.nextTry, now)) {
      entry.nextTry = Deadlines.after(now, settings.interval());
      ask.accept(address);
    }
    return entry.mac;
  }

  /**
   * Lets a packet wait for a station that {@link #lookup} did not know, and asks for it.
   *
   * @return false when too many wait already
   */
  boolean park(Ipv4Address address, Parked parked, long now) {
    Entry entry = entries.get(address);
    if (entry == null) {
      if (!makeRoom()) {
        return false;
      }
      entry = new Entry();
      entry.triesLeft = settings.tries();
      entries.put(address, entry);
      unresolved++;
      ask(address, entry, now);
    }
    if (entry.parked.size() >= settings.queue()) {
      return false;
    }
    entry.parked.add(parked);
    return true;
  }

  private void ask(Ipv4Address address, Entry entry, long now) {
    entry.triesLeft--;
    entry.nextTry = Deadlines.after(now, settings.interval());
    ask.accept(address);
  }

  /** Forgets the oldest that nothing waits for. */
  private boolean makeRoom() {
    if (entries.size() < settings.entries()) {
      return true;
    }
    Iterator<Entry> oldest = entries.values().iterator();
    while (oldest.hasNext()) {
      if (oldest.next().mac.isPresent()) {
        oldest.remove();
        return true;
      }
    }
    return false;
  }

  /**
   * Takes in where a station is.
   *
   * @param askedUs whether it will want an answer soon: then it is learnt even if nobody asked
   * @return what waited for it
   */
  List<Parked> learn(Ipv4Address address, MacAddress mac, boolean askedUs, long now) {
    Entry entry = entries.get(address);
    if (entry == null) {
      if (!askedUs || !makeRoom()) {
        return List.of();
      }
      entry = new Entry();
      entries.put(address, entry);
    } else if (entry.mac.isEmpty()) {
      unresolved--;
    }
    entry.mac = Optional.of(mac);
    entry.expires = Deadlines.after(now, settings.lifetime());
    entry.nextTry = now;
    List<Parked> parked = List.copyOf(entry.parked);
    entry.parked.clear();
    return parked;
  }

  /** Asks again where it is time, and returns what waited for those that are given up. */
  Map<Ipv4Address, List<Parked>> onTimer(long now) {
    Map<Ipv4Address, List<Parked>> lost = new LinkedHashMap<>();
    if (unresolved == 0) {
      return lost;
    }
    Iterator<Map.Entry<Ipv4Address, Entry>> all = entries.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Ipv4Address, Entry> each = all.next();
      Entry entry = each.getValue();
      if (entry.mac.isPresent() || !Deadlines.isOver(entry.nextTry, now)) {
        continue;
      }
      if (entry.triesLeft > 0) {
        ask(each.getKey(), entry, now);
      } else {
        lost.put(each.getKey(), entry.parked);
        all.remove();
        unresolved--;
      }
    }
    return lost;
  }

  OptionalLong nextDeadline() {
    OptionalLong next = OptionalLong.empty();
    if (unresolved > 0) {
      for (Entry entry : entries.values()) {
        if (entry.mac.isEmpty()) {
          next = Deadlines.earlier(next, OptionalLong.of(entry.nextTry));
        }
      }
    }
    return next;
  }

  /** Forgets all, and returns what waited. */
  List<Parked> clear() {
    List<Parked> parked = new ArrayList<>();
    entries.values().forEach(entry -> parked.addAll(entry.parked));
    entries.clear();
    unresolved = 0;
    return parked;
  }
}
