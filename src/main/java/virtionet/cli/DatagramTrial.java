package virtionet.cli;

import akka.actor.typed.ActorSystem;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.SourceQueueWithComplete;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import virtionet.tcpip.Datagram;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.UdpBinding;

/**
 * Sends UDP datagrams of mixed sizes to an echo server, a bounded number at a time, and checks each
 * byte of each that comes back. Nothing is sent twice, unless so wished: what is lost, is lost and
 * said.
 */
final class DatagramTrial {
  /** Datagrams on their way at once; also what fits into the sockets' queues on the way. */
  private static final int WINDOW = 32;

  private static final int NUMBER_BYTES = Integer.BYTES;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** After how long without an echo what is missing is sent again, and how often in a row. */
  private static final Duration RESEND_AFTER = Duration.ofMillis(500);

  private static final int MOST_RESENDS = 20;

  private static final long HIGHEST_MICROS = TimeUnit.SECONDS.toMicros(60);

  private final int count;
  private final boolean sendsAgain;
  private final long seed = System.nanoTime();
  private final Histogram micros = new Histogram(HIGHEST_MICROS, 3);
  private final long[] sentAt;
  private final boolean[] returned;
  private int good;
  private int corrupt;
  private int unexpected;
  private int sentAgain;
  private long bytes;
  private long nanos;

  DatagramTrial(int count) {
    this(count, false);
  }

  /**
   * @param sendsAgain whether datagrams that do not come back are sent again, as long as a device
   *     may take to come back
   */
  DatagramTrial(int count, boolean sendsAgain) {
    this.count = count;
    this.sendsAgain = sendsAgain;
    sentAt = new long[count];
    returned = new boolean[count];
  }

  /** Runs the trial to its end, or until nothing has come back for five seconds, or ten. */
  void run(ActorSystem<?> system, TcpIp stack, Ipv4Address server, int port, Progress progress)
      throws InterruptedException, ExecutionException, TimeoutException {
    var socket =
        Source.<Datagram>queue(WINDOW, OverflowStrategy.backpressure())
            .viaMat(stack.udp(0), Keep.both())
            .toMat(Sink.<Datagram>queue(WINDOW), Keep.both())
            .run(system);
    SourceQueueWithComplete<Datagram> out = socket.first().first();
    CompletionStage<UdpBinding> bound = socket.first().second();
    SinkQueueWithCancel<Datagram> in = socket.second();
    int largest = get(bound).maxData();
    long start = System.nanoTime();
    try {
      int sent = 0;
      int idle = 0;
      CompletionStage<Optional<Datagram>> next = in.pull();
      for (int came = 0; came < count; ) {
        for (; sent < count && sent - came < WINDOW; sent++) {
          send(out, in, next, number(server, port, sent, largest));
        }
        Optional<Datagram> echo = poll(next);
        if (echo.isPresent()) {
          next = in.pull();
          idle = 0;
          came += check(echo.get(), largest) ? 1 : 0;
          progress.update(came);
        } else if (sendsAgain && !isOver(next) && idle++ < MOST_RESENDS) {
          for (int number = 0; number < sent; number++) {
            if (!returned[number]) {
              send(out, in, next, number(server, port, number, largest));
              sentAgain++;
            }
          }
        } else {
          return;
        }
      }
    } finally {
      nanos = System.nanoTime() - start;
      out.complete();
      in.cancel();
      progress.end();
    }
  }

  /**
   * Passes a datagram on.
   *
   * @param next what was asked of the other end and has not been looked at
   * @throws ExecutionException when the socket has failed, with the reason
   */
  static void send(
      SourceQueueWithComplete<Datagram> out,
      SinkQueueWithCancel<Datagram> in,
      CompletionStage<Optional<Datagram>> next,
      Datagram datagram)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      get(out.offer(datagram));
    } catch (ExecutionException e) {
      // The queue may only know that its stream has ended; the other end was told why.
      CompletionStage<Optional<Datagram>> told = next;
      while (get(told).isPresent()) {
        told = in.pull();
      }
      throw e;
    }
  }

  private Datagram number(Ipv4Address server, int port, int number, int largest) {
    sentAt[number] = System.nanoTime();
    return Datagram.of(server, port, payload(number, largest));
  }

  private Optional<Datagram> poll(CompletionStage<Optional<Datagram>> next)
      throws InterruptedException, ExecutionException {
    try {
      return get(next, sendsAgain ? RESEND_AFTER : PATIENCE);
    } catch (TimeoutException e) {
      return Optional.empty();
    }
  }

  /** Whether the socket has ended. */
  private static boolean isOver(CompletionStage<Optional<Datagram>> next) {
    return next.toCompletableFuture().isDone();
  }

  private static <T> T get(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return get(stage, PATIENCE);
  }

  private static <T> T get(CompletionStage<T> stage, Duration patience)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** A number, then bytes that only this seed and this number give. */
  private byte[] payload(int number, int largest) {
    var random = new SplittableRandom(seed + number);
    byte[] data = new byte[random.nextInt(NUMBER_BYTES, largest + 1)];
    random.nextBytes(data);
    for (int i = 0; i < NUMBER_BYTES; i++) {
      data[i] = (byte) (number >>> (8 * i));
    }
    return data;
  }

  /** Whether it is one that was waited for, or at least none of those that were sent again. */
  private boolean check(Datagram echo, int largest) {
    byte[] data = echo.data().toArray();
    int number = number(data);
    if (number < 0 || number >= count || returned[number]) {
      if (number >= 0 && number < count && sentAgain > 0) {
        return false;
      }
      unexpected++;
      return true;
    }
    if (!Arrays.equals(data, payload(number, largest))) {
      corrupt++;
      return true;
    }
    returned[number] = true;
    good++;
    bytes += data.length;
    long took = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sentAt[number]);
    micros.recordValue(Math.min(took, HIGHEST_MICROS));
    return true;
  }

  private static int number(byte[] data) {
    if (data.length < NUMBER_BYTES) {
      return -1;
    }
    int number = 0;
    for (int i = 0; i < NUMBER_BYTES; i++) {
      number |= (data[i] & 0xff) << (8 * i);
    }
    return number;
  }

  /** Datagrams that came back whole. */
  int good() {
    return good;
  }

  /** Datagrams that did not come back, and were sent once more; each time counts. */
  int sentAgain() {
    return sentAgain;
  }

  /** What went wrong, for people; empty when all is well. */
  String complaint() {
    if (good == count && unexpected == 0) {
      return "";
    }
    return "%,d of %,d datagrams are missing, %d came back changed, %d came that nobody sent"
        .formatted(count - good - corrupt, count, corrupt, unexpected);
  }

  /** Payload bytes that came back whole. */
  long bytes() {
    return bytes;
  }

  double seconds() {
    return nanos / 1e9;
  }

  /** Round trips, in microseconds, with {@link #WINDOW} datagrams on their way. */
  Histogram micros() {
    return micros;
  }

  int window() {
    return WINDOW;
  }
}
