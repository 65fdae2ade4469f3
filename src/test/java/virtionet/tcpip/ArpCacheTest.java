package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.tcpip.ArpCache.Parked;

/** What the cache remembers, for how long, and how much of it. */
class ArpCacheTest {
  private static final Duration LIFETIME = Duration.ofSeconds(60);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int TRIES = 3;
  private static final int ENTRIES = 4;
  private static final int QUEUE = 2;
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:09");

  /** A clock of nanoseconds may wrap; it does so in each of these tests. */
  private static final long START = Long.MAX_VALUE;

  private final List<Ipv4Address> asked = new ArrayList<>();
  private final ArpCache cache =
      new ArpCache(new ArpSettings(LIFETIME, INTERVAL, TRIES, ENTRIES, QUEUE), asked::add);

  private static Ipv4Address host(int number) {
    return Ipv4Address.of(10, 0, 0, number);
  }

  private static Parked packet() {
    return new Parked(Frame.ofLength(60), failure -> {});
  }

  private static long after(Duration time) {
    return START + time.toNanos();
  }

  private void know(int number, long now) {
    cache.learn(host(number), MAC, true, now);
  }

  @Test
  void whatIsUnknownIsAskedForOnceWhilePacketsWait() {
    assertEquals(Optional.empty(), cache.lookup(host(1), START));
    assertTrue(cache.park(host(1), packet(), START));
    assertTrue(cache.park(host(1), packet(), START));
    assertEquals(List.of(host(1)), asked);
  }

  @Test
  void anAnswerHandsOutWhatWaitedInItsOrderAndIsRemembered() {
    Parked first = packet();
    Parked second = packet();
    cache.park(host(1), first, START);
    cache.park(host(1), second, START);
    assertEquals(List.of(first, second), cache.learn(host(1), MAC, false, START));
    assertEquals(Optional.of(MAC), cache.lookup(host(1), START));
    assertEquals(List.of(), cache.learn(host(1), MAC, false, START), "handed out once");
    assertEquals(OptionalLong.empty(), cache.nextDeadline());
  }

  @Test
  void aSilentStationIsAskedForAsOftenAsSetAndThenGivenUp() {
    Parked parked = packet();
    cache.park(host(1), parked, START);
    long now = START;
    for (int tries = 2; tries <= TRIES; tries++) {
      now += INTERVAL.toNanos();
      assertEquals(OptionalLong.of(now), cache.nextDeadline());
      assertEquals(Map.of(), cache.onTimer(now));
      assertEquals(tries, asked.size());
    }
    now += INTERVAL.toNanos();
    assertEquals(Map.of(host(1), List.of(parked)), cache.onTimer(now));
    assertEquals(TRIES, asked.size());
    assertEquals(OptionalLong.empty(), cache.nextDeadline());
    assertTrue(cache.park(host(1), packet(), now), "asked for anew");
    assertEquals(TRIES + 1, asked.size());
  }

  @Test
  void aTimerThatComesEarlyAsksNobody() {
    cache.park(host(1), packet(), START);
    assertEquals(Map.of(), cache.onTimer(after(INTERVAL) - 1));
    assertEquals(1, asked.size());
  }

  @Test
  void packetsBeyondTheQueueAreRefused() {
    for (int i = 0; i < QUEUE; i++) {
      assertTrue(cache.park(host(1), packet(), START));
    }
    assertFalse(cache.park(host(1), packet(), START));
    assertTrue(cache.park(host(2), packet(), START), "each address has its own");
  }

  @Test
  void whatWasLearntEndsAfterItsLifetime() {
    know(1, START);
    assertEquals(Optional.of(MAC), cache.lookup(host(1), after(LIFETIME) - 1));
    assertEquals(Optional.empty(), cache.lookup(host(1), after(LIFETIME)));
  }

  @Test
  void inItsLastQuarterWhatIsInUseIsAskedForAgainOnceAnInterval() {
    know(1, START);
    long lastQuarter = after(Duration.ofSeconds(45));
    cache.lookup(host(1), lastQuarter - 1);
    assertEquals(List.of(), asked);
    cache.lookup(host(1), lastQuarter);
    cache.lookup(host(1), lastQuarter + 1);
    assertEquals(1, asked.size());
    cache.lookup(host(1), lastQuarter + INTERVAL.toNanos());
    assertEquals(2, asked.size());
    know(1, lastQuarter);
    assertEquals(Optional.of(MAC), cache.lookup(host(1), after(LIFETIME)), "prolonged");
  }

  @Test
  void nobodyIsLearntWhoNeitherAskedNorWasAsked() {
    cache.learn(host(1), MAC, false, START);
    assertEquals(Optional.empty(), cache.lookup(host(1), START));
    know(2, START);
    assertEquals(Optional.of(MAC), cache.lookup(host(2), START));
  }

  @Test
  void aKnownStationMayMove() {
    know(1, START);
    MacAddress other = MacAddress.parse("02:00:00:00:00:0a");
    cache.learn(host(1), other, false, START);
    assertEquals(Optional.of(other), cache.lookup(host(1), START));
  }

  @Test
  void theOldestThatNothingWaitsForMakesRoom() {
    cache.park(host(1), packet(), START);
    for (int number = 2; number <= ENTRIES + 1; number++) {
      know(number, START);
    }
    assertEquals(Optional.empty(), cache.lookup(host(2), START));
    assertEquals(Optional.of(MAC), cache.lookup(host(3), START));
    assertEquals(1, cache.learn(host(1), MAC, false, START).size(), "what waits stays");
  }

  @Test
  void whereAllWaitNobodyElseIsTakenIn() {
    for (int number = 1; number <= ENTRIES; number++) {
      assertTrue(cache.park(host(number), packet(), START));
    }
    assertFalse(cache.park(host(99), packet(), START));
    know(98, START);
    assertEquals(Optional.empty(), cache.lookup(host(98), START));
    assertEquals(ENTRIES, asked.size());
  }

  @Test
  void clearingHandsBackWhatWaitsAndForgetsAll() {
    Parked parked = packet();
    cache.park(host(1), parked, START);
    know(2, START);
    assertSame(parked, cache.clear().getFirst());
    assertEquals(Optional.empty(), cache.lookup(host(2), START));
    assertEquals(OptionalLong.empty(), cache.nextDeadline());
    assertEquals(List.of(), cache.clear());
  }

  @Test
  void aLifetimeWithoutEndIsNoError() {
    var forever = Duration.ofSeconds(Long.MAX_VALUE);
    var eternal = new ArpCache(new ArpSettings(forever, forever, 1, 1, 1), asked::add);
    eternal.learn(host(1), MAC, true, START);
    assertEquals(Optional.of(MAC), eternal.lookup(host(1), after(Duration.ofDays(30_000))));
  }
}
