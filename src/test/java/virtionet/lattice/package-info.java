/** One test of traffic for each combination of the features that shape virtqueues and buffers. */
@NullMarked
package virtionet.lattice;

import org.jspecify.annotations.NullMarked;
