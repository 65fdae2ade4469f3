package virtionet.observe.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes blocks into one file after the other, each of them complete. */
final class FileSink implements BlockSink {
  private static final Logger LOG = LoggerFactory.getLogger(Capture.class);
  private static final int OWN_BLOCKS = 1 << 16;

  private final PcapSettings settings;
  private final ByteBuffer own = Blocks.buffer(OWN_BLOCKS);
  private final AtomicLong frames = new AtomicLong();
  private final Deque<Path> kept = new ArrayDeque<>();
  private int number = 1;

  // The present file.
  private WritableByteChannel channel;
  private boolean begun;
  private int described;
  private long bytes;
  private long framesInFile;

  /** Opens the first file, and writes nothing yet. */
  FileSink(PcapSettings settings) throws IOException {
    this.settings = settings;
    channel = open();
  }

  private WritableByteChannel open() throws IOException {
    return switch (settings.destination()) {
      case PcapSettings.ToFile(Path first) -> {
        Path file = numbered(first, number);
        while (kept.size() >= settings.rotation().files()) {
          Files.deleteIfExists(kept.removeFirst());
        }
        kept.addLast(file);
        yield FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
      }
      case PcapSettings.ToStream to -> Channels.newChannel(to.stream());
      case PcapSettings.ToConsumer to ->
          throw new IllegalArgumentException(to + " takes no blocks");
    };
  }

  /** {@code name.pcapng}, {@code name-2.pcapng}, … */
  static Path numbered(Path first, int number) {
    if (number == 1) {
      return first;
    }
    String name = String.valueOf(first.getFileName());
    int dot = name.lastIndexOf('.');
    int end = dot > 0 ? dot : name.length();
    return first.resolveSibling(name.substring(0, end) + "-" + number + name.substring(end));
  }

  @Override
  public void write(ByteBuffer blocks, List<CapturePoint> points) throws IOException {
    describe(points);
    while (blocks.hasRemaining()) {
      int end = fitting(blocks);
      if (end == blocks.position()) {
        next(points);
        continue;
      }
      ByteBuffer part = blocks.duplicate().order(blocks.order()).limit(end);
      blocks.position(end);
      writePackets(part);
    }
  }

  /** Where the first block begins that is not to be in this file. */
  private int fitting(ByteBuffer blocks) {
    Rotation rotation = settings.rotation();
    long fileBytes = bytes;
    long fileFrames = framesInFile;
    int at = blocks.position();
    while (at < blocks.limit()) {
      int length = blocks.getInt(at + Blocks.LENGTH);
      boolean isFull = fileFrames >= rotation.frames() || fileBytes + length > rotation.bytes();
      if (isFull && fileFrames > 0) {
        break;
      }
      at += length;
      fileBytes += length;
      fileFrames++;
    }
    return at;
  }

  private void next(List<CapturePoint> points) throws IOException {
    finish(points);
    number++;
    bytes = 0;
    framesInFile = 0;
    described = 0;
    begun = false;
    channel = open();
    describe(points);
  }

  /** Writes the file's first block, and those of points that it does not know yet. */
  private void describe(List<CapturePoint> points) throws IOException {
    own.clear();
    if (!begun) {
      Blocks.sectionHeader(own);
      begun = true;
    }
    for (; described < points.size(); described++) {
      Blocks.interfaceDescription(own, points.get(described).face(), settings.snapLength());
      writeOwn();
    }
    writeOwn();
  }

  private void writeOwn() throws IOException {
    own.flip();
    int length = own.remaining();
    while (own.hasRemaining()) {
      channel.write(own);
    }
    bytes += length;
    own.clear();
  }

  private void writePackets(ByteBuffer blocks) throws IOException {
    int start = blocks.position();
    int arrived = start;
    try {
      while (blocks.hasRemaining()) {
        // Not its position: what a stream has thrown at counts as taken from the buffer.
        arrived += channel.write(blocks);
      }
    } finally {
      count(blocks, start, arrived);
    }
  }

  /** Counts the blocks that are there as a whole. */
  private void count(ByteBuffer blocks, int start, int end) {
    int at = start;
    while (at < end && at + blocks.getInt(at + Blocks.LENGTH) <= end) {
      int length = blocks.getInt(at + Blocks.LENGTH);
      at += length;
      bytes += length;
      framesInFile++;
      frames.incrementAndGet();
    }
  }

  @Override
  public void finish(List<CapturePoint> points) throws IOException {
    describe(points);
    for (CapturePoint point : points) {
      Blocks.statistics(own, point.number(), point.statistics());
      writeOwn();
    }
    channel.close();
  }

  /** Leaves a file that ends with a whole block. */
  @Override
  public void abandon() {
    try (WritableByteChannel closing = channel) {
      boolean isOurs = settings.destination() instanceof PcapSettings.ToFile;
      if (isOurs && closing instanceof FileChannel file && file.isOpen() && file.size() > bytes) {
        file.truncate(bytes);
      }
    } catch (IOException e) {
      LOG.debug("capture to {}: its last block may not be whole", settings.destination(), e);
    }
  }

  @Override
  public long frames() {
    return frames.get();
  }
}
