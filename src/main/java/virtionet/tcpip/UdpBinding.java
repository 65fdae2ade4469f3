package virtionet.tcpip;

/**
 * A UDP socket's place.
 *
 * @param port its own
 * @param maxData bytes that a datagram may carry: what the link's MTU leaves
 * @see TcpIp
 */
public record UdpBinding(int port, int maxData) {}
