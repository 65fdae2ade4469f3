/** What is counted and measured of the driver, in numbers: once, or at intervals. */
@NullMarked
package virtionet.observe.metrics;

import org.jspecify.annotations.NullMarked;
