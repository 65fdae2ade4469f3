/** Flows to put around a flow of frames: tracer, faults, shaper, VLAN tags, MAC filter. */
@NullMarked
package virtionet.flows;

import org.jspecify.annotations.NullMarked;
