/** Tests that hold the driver to the specification, requirement by requirement. */
@NullMarked
package virtionet.conformance;

import org.jspecify.annotations.NullMarked;
