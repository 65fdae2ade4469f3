/** Flight recordings of the driver: making them, and reading what they tell. */
@NullMarked
package virtionet.observe.trace;

import org.jspecify.annotations.NullMarked;
