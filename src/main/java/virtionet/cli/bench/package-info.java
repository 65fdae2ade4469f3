/** The host's side of {@code guest bench}: the wire, and what is made of the numbers. */
@NullMarked
package virtionet.cli.bench;

import org.jspecify.annotations.NullMarked;
