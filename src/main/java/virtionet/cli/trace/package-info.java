/** What the word {@code trace} makes of a recording. */
@NullMarked
package virtionet.cli.trace;

import org.jspecify.annotations.NullMarked;
