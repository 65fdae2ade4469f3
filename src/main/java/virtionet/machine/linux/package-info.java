/**
 * Devices of the Linux system that this process runs in: registers and interrupts through UIO,
 * device memory in locked huge pages. Needs root.
 */
@NullMarked
package virtionet.machine.linux;

import org.jspecify.annotations.NullMarked;
