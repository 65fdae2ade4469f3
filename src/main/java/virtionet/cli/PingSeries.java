package virtionet.cli;

import akka.util.ByteString;
import java.time.Duration;
import java.util.LongSummaryStatistics;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpException;

/** Echo requests, each sent when the one before is settled, shown as they are answered. */
final class PingSeries {
  static final ByteString DATA = ByteString.fromString("virtionet says hello to you!".repeat(2));

  /** Long enough for ARP to give up first: its reason tells more. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  /** So short that a person sees each answer as it comes. */
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private final Screen screen;
  private final String indent;
  private final LongSummaryStatistics nanos = new LongSummaryStatistics();

  PingSeries(Screen screen, String indent) {
    this.screen = screen;
    this.indent = indent;
  }

  /** Sends this many and shows the summary. How many were answered. */
  int run(TcpIp stack, Ipv4Address target, int count) throws InterruptedException {
    var answers = new ConcurrentLinkedQueue<Answer>();
    send(stack, target, count, answers);
    for (int shown = 0; shown < count; ) {
      Answer answer = answers.poll();
      if (answer == null) {
        // Not woken by each answer: that would cost its sender more than the round trip.
        TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS.toMillis());
      } else {
        show(answer);
        shown++;
      }
    }
    int received = (int) nanos.getCount();
    screen.line(
        "%s%d sent, %d received, %.0f %% loss%s",
        indent, count, received, 100.0 * (count - received) / count, roundTrips());
    return received;
  }

  /**
   * Sends one, and as soon as it is settled the next, on the stack's own thread: a person's screen
   * does not hold it up.
   */
  private static void send(TcpIp stack, Ipv4Address target, int count, Queue<Answer> answers) {
    for (int left = count; left > 0; left--) {
      CompletionStage<Boolean> settled =
          stack
              .ping(target, DATA, TIMEOUT)
              .handle(
                  (reply, failure) ->
                      answers.add(
                          new Answer(Optional.ofNullable(reply), Optional.ofNullable(failure))));
      if (!settled.toCompletableFuture().isDone()) {
        int rest = left - 1;
        settled.thenRun(() -> send(stack, target, rest, answers));
        return;
      }
    }
  }

  /** One of the two. */
  private record Answer(Optional<PingReply> reply, Optional<Throwable> failure) {}

  private void show(Answer answer) {
    answer.reply().ifPresent(this::show);
    answer
        .failure()
        .ifPresent(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException wrapped && wrapped.getCause() != null
                      ? wrapped.getCause()
                      : failure;
              if (cause instanceof TcpIpException known) {
                screen.line("%sno answer: %s", indent, Failures.sentence(known));
              } else {
                throw new IllegalStateException("an echo request failed", cause);
              }
            });
  }

  private void show(PingReply reply) {
    nanos.accept(reply.roundTrip().toNanos());
    // Put together by hand: in an emulated guest String.format takes longer than the round trip.
    screen.text(
        indent
            + reply.payload().length()
            + " bytes from "
            + reply.from()
            + ": seq "
            + reply.sequence()
            + ", ttl "
            + reply.ttl()
            + ", "
            + millis(reply.roundTrip())
            + " ms");
  }

  /** With three decimals, as a word. */
  private static String millis(Duration time) {
    long micros = time.toNanos() / 1000;
    String rest = String.valueOf(1000 + micros % 1000).substring(1);
    return micros / 1000 + "." + rest;
  }

  private String roundTrips() {
    return nanos.getCount() == 0
        ? ""
        : "; round trip min %.2f, avg %.2f, max %.2f ms"
            .formatted(nanos.getMin() / 1e6, nanos.getAverage() / 1e6, nanos.getMax() / 1e6);
  }
}
