/** Contenders side by side on one kind of device: what {@code bench} does. */
@NullMarked
package virtionet.cli.bench.dpdk;

import org.jspecify.annotations.NullMarked;
