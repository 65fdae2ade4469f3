package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FreeListTest {
  @Test
  void allNumbersComeOutOnceAndThenNone() {
    var list = new FreeList(3);
    assertEquals(3, list.size());
    assertEquals(0, list.pop());
    assertEquals(1, list.pop());
    assertEquals(2, list.pop());
    assertEquals(-1, list.pop());
    assertEquals(0, list.size());
  }

  @Test
  void whatWasGivenBackLastComesFirst() {
    var list = new FreeList(4);
    int[] all = new int[4];
    assertEquals(4, list.pop(all, 4));
    list.push(all[2]);
    list.push(new int[] {0, 1}, 2);
    assertEquals(3, list.size());
    int[] taken = new int[4];
    assertEquals(3, list.pop(taken, 4));
    assertArrayEquals(new int[] {1, 0, 2, 0}, taken);
  }

  @Test
  void noMoreAreTakenThanAreWanted() {
    var list = new FreeList(8);
    int[] taken = new int[8];
    assertEquals(5, list.pop(taken, 5));
    assertEquals(3, list.size());
    assertEquals(0, list.pop(taken, 0));
  }

  @Test
  void aListOfNothingIsEmpty() {
    assertEquals(-1, new FreeList(0).pop());
  }

  @Test
  @Timeout(60)
  void manyThreadsNeverHoldOneNumberAtATimeAndLoseNone() throws InterruptedException {
    int count = 64;
    var list = new FreeList(count);
    var holders = new AtomicIntegerArray(count);
    var broken = new AtomicIntegerArray(1);
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < 4; number++) {
      var random = new SplittableRandom(number);
      threads.add(Thread.ofPlatform().start(() -> takeAndGive(list, random, holders, broken)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, broken.get(0), "a number that two had at a time");
    assertEquals(count, list.size());
    boolean[] seen = new boolean[count];
    for (int i = 0; i < count; i++) {
      int number = list.pop();
      assertTrue(number >= 0);
      assertFalse(seen[number], "twice: " + number);
      seen[number] = true;
    }
  }

  private static void takeAndGive(
      FreeList list, SplittableRandom random, AtomicIntegerArray holders, AtomicIntegerArray bad) {
    int[] taken = new int[16];
    for (int round = 0; round < 100_000; round++) {
      int count = list.pop(taken, random.nextInt(1, 17));
      for (int i = 0; i < count; i++) {
        bad.addAndGet(0, holders.getAndIncrement(taken[i]));
      }
      for (int i = 0; i < count; i++) {
        holders.decrementAndGet(taken[i]);
      }
      if (random.nextBoolean()) {
        list.push(taken, count);
      } else {
        for (int i = 0; i < count; i++) {
          list.push(taken[i]);
        }
      }
    }
  }
}
