/** The whole driver, through its front door, on QEMU's own devices. */
@NullMarked
package virtionet.qemu;

import org.jspecify.annotations.NullMarked;
