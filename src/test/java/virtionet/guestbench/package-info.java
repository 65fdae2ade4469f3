/** The guest measured against the kernel. */
@NullMarked
package virtionet.guestbench;

import org.jspecify.annotations.NullMarked;
