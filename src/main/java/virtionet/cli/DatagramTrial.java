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
 * byte of each that comes back. Nothing is sent twice: what is lost, is lost and said.
 */
final class DatagramTrial {
  /** Datagrams on their way at once; also what fits into the sockets' queues on the way. */
  private static final int WINDOW = 32;

  private static final int NUMBER_BYTES = Integer.BYTES;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long HIGHEST_MICROS = TimeUnit.SECONDS.toMicros(60);

  private final int count;
  private final long seed = System.nanoTime();
  private final Histogram micros = new Histogram(HIGHEST_MICROS, 3);
  private final long[] sentAt;
  private final boolean[] returned;
  private int good;
  private int corrupt;
  private int unexpected;
  private long bytes;
  private long nanos;

  DatagramTrial(int count) {
    this.count = count;
    sentAt = new long[count];
    returned = new boolean[count];
  }

  /** Runs the trial to its end, or until nothing has come back for five seconds. */
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
      for (int came = 0; came < count; came++) {
        while (sent < count && sent - came < WINDOW) {
          byte[] data = payload(sent, largest);
          sentAt[sent] = System.nanoTime();
          send(out, in, Datagram.of(server, port, data));
          sent++;
        }
        Optional<Datagram> echo = poll(in);
        if (echo.isEmpty()) {
          return;
        }
        check(echo.get(), largest);
        progress.update(came + 1L);
      }
    } finally {
      nanos = System.nanoTime() - start;
      out.complete();
      in.cancel();
      progress.end();
    }
  }

  private static void send(
      SourceQueueWithComplete<Datagram> out, SinkQueueWithCancel<Datagram> in, Datagram datagram)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      get(out.offer(datagram));
    } catch (ExecutionException e) {
      // The queue may only know that its stream has ended; the other end was told why.
      while (get(in.pull()).isPresent()) {}
      throw e;
    }
  }

  private static Optional<Datagram> poll(SinkQueueWithCancel<Datagram> in)
      throws InterruptedException, ExecutionException {
    try {
      return get(in.pull());
    } catch (TimeoutException e) {
      return Optional.empty();
    }
  }

  private static <T> T get(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
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

  private void check(Datagram echo, int largest) {
    byte[] data = echo.data().toArray();
    int number = number(data);
    if (number < 0 || number >= count || returned[number]) {
      unexpected++;
      return;
    }
    if (!Arrays.equals(data, payload(number, largest))) {
      corrupt++;
      return;
    }
    returned[number] = true;
    good++;
    bytes += data.length;
    long took = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sentAt[number]);
    micros.recordValue(Math.min(took, HIGHEST_MICROS));
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
