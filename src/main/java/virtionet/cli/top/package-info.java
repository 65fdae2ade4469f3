/** What {@code top} shows of a driver that runs in another process. */
@NullMarked
package virtionet.cli.top;

import org.jspecify.annotations.NullMarked;
