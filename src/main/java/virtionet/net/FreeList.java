package virtionet.net;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The numbers of buffers that are free, as a stack that lies in one array. Any thread; each
 * operation on one or many is a single compare-and-set, and none waits for another thread.
 *
 * <p>The buffer that was given back last comes first: it is the one that caches still know.
 */
final class FreeList {
  private static final int NOBODY = -1;

  /**
   * Of each number on the stack: the one below it. Read without owning it, and so perhaps outdated;
   * the compare-and-set finds out.
   */
  private final int[] next;

  /**
   * The top's number in the lower half; in the upper one a count of all changes, without which a
   * top that went and came back would pass for one that stayed.
   */
  private final AtomicLong top = new AtomicLong(pack(0, NOBODY));

  /** A list of all numbers below that one. */
  FreeList(int count) {
    next = new int[count];
    for (int i = 0; i < count; i++) {
      next[i] = i + 1 < count ? i + 1 : NOBODY;
    }
    if (count > 0) {
      top.set(pack(0, 0));
    }
  }

  private static long pack(long changes, int number) {
    return changes << Integer.SIZE | Integer.toUnsignedLong(number);
  }

  /** Gives a number back that was taken. */
  void push(int number) {
    push(number, number);
  }

  /** Gives many back that were taken; the last of them comes first. */
  void push(int[] numbers, int count) {
    if (count == 0) {
      return;
    }
    for (int i = 1; i < count; i++) {
      next[numbers[i]] = numbers[i - 1];
    }
    push(numbers[count - 1], numbers[0]);
  }

  private void push(int first, int last) {
    long before;
    do {
      before = top.get();
      next[last] = (int) before;
    } while (!top.compareAndSet(before, pack((before >>> Integer.SIZE) + 1, first)));
  }

  /** Takes one; -1 when there is none. */
  int pop() {
    while (true) {
      long before = top.get();
      int first = (int) before;
      if (first == NOBODY) {
        return NOBODY;
      }
      int following = next[first];
      if (top.compareAndSet(before, pack((before >>> Integer.SIZE) + 1, following))) {
        return first;
      }
    }
  }

  /**
   * Takes as many as there are, or as are wanted.
   *
   * @return how many were put to the array's front
   */
  int pop(int[] target, int most) {
    while (true) {
      long before = top.get();
      int number = (int) before;
      int count = 0;
      while (count < most && number != NOBODY) {
        target[count++] = number;
        number = next[number];
      }
      if (count == 0) {
        return 0;
      }
      if (top.compareAndSet(before, pack((before >>> Integer.SIZE) + 1, number))) {
        return count;
      }
    }
  }

  /** How many there are; exact when nothing moves meanwhile. */
  int size() {
    int size = 0;
    int number = (int) top.get();
    while (number != NOBODY && size < next.length) {
      size++;
      number = next[number];
    }
    return size;
  }
}
