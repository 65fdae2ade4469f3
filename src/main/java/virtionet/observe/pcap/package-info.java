/** Captures: the frames that pass a point, written as pcapng for Wireshark and its like. */
@NullMarked
package virtionet.observe.pcap;

import org.jspecify.annotations.NullMarked;
