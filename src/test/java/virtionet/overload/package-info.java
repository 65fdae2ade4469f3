/** More than can be done is asked of the driver: memory stays bounded, and it answers. */
@NullMarked
package virtionet.overload;

import org.jspecify.annotations.NullMarked;
