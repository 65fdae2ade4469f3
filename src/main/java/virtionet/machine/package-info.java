/** What a driver stands on: register windows, device-visible memory, interrupt lines. */
@NullMarked
package virtionet.machine;

import org.jspecify.annotations.NullMarked;
