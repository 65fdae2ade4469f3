/** The service {@code device/ethernet} across the nodes of an Akka cluster: docs/cluster.md. */
@NullMarked
package virtionet.cluster;

import org.jspecify.annotations.NullMarked;
