package virtionet.driver;

import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import virtionet.net.Counter;
import virtionet.net.Frame;

/**
 * A client's hold on a device. Any thread.
 *
 * @param links its link, now and from now on
 * @param events whatever happens to it
 * @param control what it can be told to do
 * @param allocator frames of the given length that lie in device memory
 * @param counters how they stand
 */
public record DeviceHandle(
    DeviceInfo info,
    LinkMonitor links,
    DeviceEvents events,
    DeviceControl control,
    IntFunction<Optional<Frame>> allocator,
    Supplier<Map<Counter, Long>> counters) {}
