/** Flows to put around a flow of frames, and what they say of a frame. */
@NullMarked
package virtionet.flows;

import org.jspecify.annotations.NullMarked;
