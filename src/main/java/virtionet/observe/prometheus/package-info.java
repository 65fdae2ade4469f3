/** The driver's numbers as the Prometheus client library has them. */
@NullMarked
package virtionet.observe.prometheus;

import org.jspecify.annotations.NullMarked;
