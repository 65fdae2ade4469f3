/** The command line. */
@NullMarked
package virtionet.cli;

import org.jspecify.annotations.NullMarked;
