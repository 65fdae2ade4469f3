/** What {@code soak} does: breaks a running machine of QEMU, and sees the driver come back. */
@NullMarked
package virtionet.cli.soak;

import org.jspecify.annotations.NullMarked;
