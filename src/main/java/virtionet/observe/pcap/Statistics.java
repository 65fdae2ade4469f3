package virtionet.observe.pcap;

import java.util.List;

/**
 * How an interface did since the capture began.
 *
 * @param start nanoseconds since 1970
 * @param end the same
 * @param received frames that came in
 * @param dropped frames that came in and were dropped below the capture
 * @param missed frames that passed and were not captured
 * @param captured frames
 * @param comments the drops by their reasons
 */
record Statistics(
    long start,
    long end,
    long received,
    long dropped,
    long missed,
    long captured,
    List<String> comments) {}
