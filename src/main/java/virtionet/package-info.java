/** The front door: the Akka extension, its settings, and the {@code device/ethernet} service. */
@NullMarked
package virtionet;

import org.jspecify.annotations.NullMarked;
