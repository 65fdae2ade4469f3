/** The driver on vhost-user back-ends: DPDK's, and one that misbehaves. */
@NullMarked
package virtionet.vhost;

import org.jspecify.annotations.NullMarked;
