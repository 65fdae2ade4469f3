package virtionet.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;
import virtionet.testing.ModelSettings.Fault;

/** A model's configuration space (VirtIO 1.3 §5.1.4). Guarded by its model's lock. */
final class ModelConfig {
  static final int LENGTH = 0x100;

  private final ModelSettings settings;
  private final ModelHashes hashes;
  private final BooleanSupplier announcing;
  private boolean linkUp = true;
  private int speed = 1000;
  private int duplex = 1;
  private int generation;

  /**
   * @param announcing whether the driver is asked to announce its station
   */
  ModelConfig(ModelSettings settings, ModelHashes hashes, BooleanSupplier announcing) {
    this.settings = settings;
    this.hashes = hashes;
    this.announcing = announcing;
  }

  void setLink(boolean up) {
    linkUp = up;
    changed();
  }

  void setSpeed(int newSpeed, int newDuplex) {
    speed = newSpeed;
    duplex = newDuplex;
    changed();
  }

  /** Something in it is another now. */
  void changed() {
    generation++;
  }

  int generation() {
    return settings.has(Fault.CONFIG_NEVER_RESTS) ? generation++ : generation;
  }

  /** Reads so many bytes: 1, 2 or 4. */
  int read(int at, int width) {
    ByteBuffer config = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    config.put(0, settings.mac().toBytes());
    config.putShort(6, (short) ((linkUp ? 1 : 0) | (announcing.getAsBoolean() ? 2 : 0)));
    boolean several = (settings.features() & (ModelSettings.MQ | ModelSettings.RSS)) != 0;
    config.putShort(8, (short) (several ? settings.pairs() : 1));
    config.putShort(10, (short) settings.mtu());
    config.putInt(12, speed);
    config.put(16, (byte) duplex);
    hashes.putLimits(config);
    if (settings.has(Fault.CONFIG_NEVER_RESTS)) {
      config.put(5, (byte) generation++);
    }
    return switch (width) {
      case 1 -> config.get(at);
      case 2 -> config.getShort(at);
      default -> config.getInt(at);
    };
  }
}
