import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.AskPattern;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.KillSwitches;
import akka.stream.Outlet;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.BroadcastHub;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.MergeHub;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.SourceQueueWithComplete;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import akka.util.ByteString;
import com.typesafe.config.ConfigFactory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jctools.queues.SpscArrayQueue;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Does a little of everything that virtionet does, without virtionet's own classes: the guest's JVM then starts from a
 * cache of what was loaded here. Run once when the cache is made; its output matters to nobody.
 */
public final class Warmup {
  private Warmup() {}

  public static void main(String[] args) throws Throwable {
    int code = new CommandLine(new Program()).execute("--count", "64", "--verbose");
    new CommandLine(new Program()).usage(System.out);
    System.exit(code);
  }

  /** Options that several words share, as the command line has them. */
  static final class Shared {
    @Option(names = "--verbose", description = "Says more.")
    private boolean verbose;
  }

  @Command(name = "warmup", mixinStandardHelpOptions = true, version = "1", description = "Loads classes.")
  static final class Program implements Callable<Integer> {
    @Mixin private Shared shared = new Shared();

    @Option(names = "--count", paramLabel = "N", defaultValue = "10", description = "How many.")
    private int count;

    @Override
    public Integer call() throws Exception {
      LoggerFactory.getLogger(Warmup.class).warn("warming up {} of {}", count, shared.verbose);
      nativeCalls();
      actorsAndStreams(count);
      return 0;
    }
  }

  sealed interface Message {}

  record Ask(int number, ActorRef<Integer> replyTo) implements Message {}

  record Tick() implements Message {}

  record Found(Receptionist.Listing listing) implements Message {}

  private static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "warmup");

  private static Behavior<Message> actor() {
    Behavior<Message> behavior =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      timers.startSingleTimer(new Tick(), Duration.ofMillis(10));
                      register(context);
                      return Behaviors.receive(Message.class)
                          .onMessage(Ask.class, Warmup::answer)
                          .onMessage(Tick.class, tick -> Behaviors.same())
                          .onMessage(Found.class, found -> Behaviors.same())
                          .build();
                    }));
    return Behaviors.supervise(behavior)
        .onFailure(SupervisorStrategy.restartWithBackoff(Duration.ofMillis(10), Duration.ofSeconds(1), 0.1));
  }

  private static void register(ActorContext<Message> context) {
    var receptionist = context.getSystem().receptionist();
    receptionist.tell(Receptionist.register(KEY, context.getSelf()));
    receptionist.tell(
        Receptionist.subscribe(KEY, context.messageAdapter(Receptionist.Listing.class, Found::new)));
    context.watch(context.spawn(Behaviors.empty(), "child"));
    context.getLog().warn("registered {}", context.getSelf());
  }

  private static Behavior<Message> answer(Ask ask) {
    ask.replyTo().tell(ask.number());
    return Behaviors.same();
  }

  private static void actorsAndStreams(int count) throws Exception {
    var settings =
        Map.of("akka.loggers", List.of("akka.event.slf4j.Slf4jLogger"), "akka.loglevel", "WARNING");
    ActorSystem<Message> system =
        ActorSystem.create(
            actor(), "warmup", ConfigFactory.parseMap(settings).withFallback(ConfigFactory.load()));
    var histogram = new Histogram(TimeUnit.SECONDS.toMicros(60), 3);
    for (int i = 0; i < count; i++) {
      int number = i;
      AskPattern.<Message, Integer>ask(
              system, replyTo -> new Ask(number, replyTo), Duration.ofSeconds(30), system.scheduler())
          .toCompletableFuture()
          .get(60, TimeUnit.SECONDS);
    }
    var hub = MergeHub.of(ByteString.class, 16).toMat(BroadcastHub.of(ByteString.class, 16), Keep.both()).run(system);
    Source.single(ByteString.fromString("through the hub")).runWith(hub.first(), system);
    hub.second().take(1).runWith(Sink.ignore(), system);
    var ends =
        Source.<ByteString>queue(16, OverflowStrategy.backpressure())
            .via(Flow.of(ByteString.class).viaMat(KillSwitches.single(), Keep.right()))
            .via(new Gate())
            .async()
            .map(bytes -> bytes.concat(ByteString.fromString(" more")))
            .buffer(8, OverflowStrategy.backpressure())
            .toMat(Sink.<ByteString>queue(16), Keep.both())
            .run(system);
    SourceQueueWithComplete<ByteString> out = ends.first();
    SinkQueueWithCancel<ByteString> in = ends.second();
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      out.offer(ByteString.fromArray(new byte[i])).toCompletableFuture().get(60, TimeUnit.SECONDS);
      Optional<ByteString> back = in.pull().toCompletableFuture().get(60, TimeUnit.SECONDS);
      back.ifPresent(bytes -> histogram.recordValue(Math.min(bytes.size(), 1000)));
      histogram.recordValue(Math.min((System.nanoTime() - start) / 1000, 1_000_000));
    }
    System.out.printf("median %d µs, p99 %,d µs, mean %.1f%n", histogram.getValueAtPercentile(50),
        histogram.getValueAtPercentile(99), histogram.getMean());
    out.complete();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** A stage with a timer, a callback and a queue between threads, as the driver's own stages are. */
  static final class Gate extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("in");
    private final Outlet<ByteString> out = Outlet.create("out");
    private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

    @Override
    public FlowShape<ByteString, ByteString> shape() {
      return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
      return new TimerGraphStageLogic(shape) {
        private final SpscArrayQueue<ByteString> queue = new SpscArrayQueue<>(64);

        {
          setHandler(
              in,
              new AbstractInHandler() {
                @Override
                public void onPush() {
                  queue.offer(grab(in));
                  ByteString next = queue.poll();
                  if (next != null) {
                    push(out, next);
                  }
                }
              });
          setHandler(
              out,
              new AbstractOutHandler() {
                @Override
                public void onPull() {
                  pull(in);
                }
              });
        }

        @Override
        public void preStart() {
          AsyncCallback<Integer> callback = createAsyncCallback(number -> scheduleOnce("once", Duration.ofMillis(1)));
          callback.invoke(1);
        }

        @Override
        public void onTimer(Object key) {}
      };
    }
  }

  /** Calls into libc and reads and writes of every width and order, as the `linux` machine makes them. */
  private static void nativeCalls() {
    Linker linker = Linker.nativeLinker();
    StructLayout state = Linker.Option.captureStateLayout();
    VarHandle errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    MethodHandle open =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(2));
    MethodHandle read =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("read"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    MethodHandle map =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofShared()) {
      MemorySegment error = arena.allocate(state);
      int file = (int) open.invokeExact(error, arena.allocateFrom("/nowhere"), 0);
      long got = (long) read.invokeExact(error, file, arena.allocate(8), 8L);
      MemorySegment nothing = (MemorySegment) map.invokeExact(error, MemorySegment.NULL, 0L, 0, 0, -1, 0L);
      System.out.println(file + " " + got + " " + nothing + " " + (int) errno.get(error, 0L));
      MemorySegment memory = arena.allocate(4096, 4096);
      for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
        for (MemoryLayout layout :
            List.of(
                ValueLayout.JAVA_BYTE,
                ValueLayout.JAVA_SHORT.withOrder(order),
                ValueLayout.JAVA_INT.withOrder(order),
                ValueLayout.JAVA_LONG.withOrder(order))) {
          layout.varHandle().getVolatile(memory, 0L);
        }
      }
      VarHandle index = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
      index.setRelease(memory, 2L, (short) 1);
      memory.asSlice(0, 64).copyFrom(memory.asSlice(64, 64));
    } catch (Throwable e) {
      throw new IllegalStateException("libc cannot be called", e);
    }
  }
}
