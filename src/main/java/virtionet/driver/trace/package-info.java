/**
 * What the driver tells the JDK's Flight Recorder: an event for each control message, state and
 * restart of its actors, and one for each batch of frames.
 */
@NullMarked
package virtionet.driver.trace;

import org.jspecify.annotations.NullMarked;
