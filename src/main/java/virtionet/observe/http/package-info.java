/** A port at which the driver's numbers can be fetched; needs Akka HTTP on the class path. */
@NullMarked
package virtionet.observe.http;

import org.jspecify.annotations.NullMarked;
