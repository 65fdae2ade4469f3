/** Machines whose device is a vhost-user back-end at the other end of a socket: DPDK, OVS. */
@NullMarked
package virtionet.machine.vhost;

import org.jspecify.annotations.NullMarked;
