/** What the documents show, as code that is compiled and run. */
@NullMarked
package virtionet.examples;

import org.jspecify.annotations.NullMarked;
