/**
 * The driver's work as spans of OpenTelemetry. For applications that have its API on their class
 * path; the driver does not bring it.
 */
@NullMarked
package virtionet.observe.otel;

import org.jspecify.annotations.NullMarked;
