@NullMarked
package virtionet.cli.bench.dpdk;

import org.jspecify.annotations.NullMarked;
