/** The calls of the C library that Java has no words for, for the machines alone. */
@NullMarked
package virtionet.machine.libc;

import org.jspecify.annotations.NullMarked;
