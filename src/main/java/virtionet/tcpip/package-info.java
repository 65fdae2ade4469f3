/** A small TCP/IP stack that consumes frames; it knows only frames and streams. */
@NullMarked
package virtionet.tcpip;

import org.jspecify.annotations.NullMarked;
