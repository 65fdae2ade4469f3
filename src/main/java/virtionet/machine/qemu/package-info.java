/** The host machine: QEMU's devices driven from outside, without a guest system. */
@NullMarked
package virtionet.machine.qemu;

import org.jspecify.annotations.NullMarked;
