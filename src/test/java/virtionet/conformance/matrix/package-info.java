/** Which test holds which requirement: recorded while tests run, written to docs/conformance.md. */
@NullMarked
package virtionet.conformance.matrix;

import org.jspecify.annotations.NullMarked;
