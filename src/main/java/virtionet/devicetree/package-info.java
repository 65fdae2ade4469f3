/** The flattened device tree: what hardware there is and where (Devicetree Specification 0.4). */
@NullMarked
package virtionet.devicetree;

import org.jspecify.annotations.NullMarked;
