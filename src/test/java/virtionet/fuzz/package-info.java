/** Random misbehaviour: a device that does anything at any time (docs/reliability.md). */
@NullMarked
package virtionet.fuzz;

import org.jspecify.annotations.NullMarked;
