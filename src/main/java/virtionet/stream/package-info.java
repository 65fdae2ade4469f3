/** The stages: frames out of and into an Akka Stream. */
@NullMarked
package virtionet.stream;

import org.jspecify.annotations.NullMarked;
