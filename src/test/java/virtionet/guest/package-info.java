/** The driver inside a Linux guest: on registers mapped through UIO, with real interrupts. */
@NullMarked
package virtionet.guest;

import org.jspecify.annotations.NullMarked;
