/** What the tests of several packages share. */
@NullMarked
package virtionet.testing;

import org.jspecify.annotations.NullMarked;
