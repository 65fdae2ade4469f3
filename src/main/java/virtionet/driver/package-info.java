/** The actors of the driver and their protocol. */
@NullMarked
package virtionet.driver;

import org.jspecify.annotations.NullMarked;
